"""Routes to queue failed or cancelled images again."""

from fastapi import APIRouter, Response

from api.auth.audit import AuditDep, ids_of
from api.auth.dependencies import Caller
from api.auth.scopes import requires
from api.body_size import ID_LIST_BYTES, accepts_body
from api.dependencies import DatabaseDep
from api.images.responses import WITHOUT_READ, image_response
from api.images.schemas import ImageRead, Retried, RetrySelection
from api.parameters import ImageId
from api.problems import problems
from infra.database.queries import transitions
from infra.database.queries.images import get_image
from infra.database.queries.transitions import Retry

router = APIRouter(prefix="/images", tags=["images"])


@router.post("/retry", operation_id="retryImages", responses=problems(422, 503))
@requires("manage")
@accepts_body(ID_LIST_BYTES)
async def retry_images(which: RetrySelection, database: DatabaseDep, audit: AuditDep) -> Retried:
    """Queue failed or cancelled images again, by id or by status."""
    async with database.connection() as conn:
        with audit.action("images.retried") as action:
            ids = await transitions.retry_images(conn, which.retry())
            action.count = len(ids)
    return Retried(retried=len(ids), ids=ids)


@router.post(
    "/{image_id}/retry",
    operation_id="retryImage",
    response_model=ImageRead,
    responses=problems(404, 422, 503) | WITHOUT_READ,
)
@requires("manage")
async def retry_image(
    image_id: ImageId, database: DatabaseDep, caller: Caller, audit: AuditDep
) -> Response:
    """Queue a failed or cancelled image again. An image in another state is not changed."""
    async with database.connection() as conn:
        which = Retry(ended=["failed", "cancelled"], ids=[image_id])
        with audit.action("images.retried", **ids_of([image_id])) as action:
            action.count = len(await transitions.retry_images(conn, which))
        return image_response(await get_image(conn, image_id), caller)
