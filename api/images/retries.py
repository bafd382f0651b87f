"""Routes to queue failed or cancelled images again."""

from fastapi import APIRouter, Response

from api.auth.scopes import requires
from api.body_size import ID_LIST_BYTES, accepts_body
from api.dependencies import DatabaseDep
from api.images.schemas import ImageRead, Retried, RetrySelection
from api.images.serializer import serialize_image
from api.parameters import ImageId
from api.problems import problems
from api.serialization import json_response
from infra.database.queries import transitions
from infra.database.queries.images import get_image
from infra.database.queries.transitions import Retry

router = APIRouter(prefix="/images", tags=["images"])


@router.post("/retry", operation_id="retryImages", responses=problems(422, 503))
@requires("manage")
@accepts_body(ID_LIST_BYTES)
async def retry_images(which: RetrySelection, database: DatabaseDep) -> Retried:
    """Queue failed or cancelled images again, by id or by status."""
    async with database.connection() as conn:
        ids = await transitions.retry_images(conn, which.retry())
    return Retried(retried=len(ids), ids=ids)


@router.post(
    "/{image_id}/retry",
    operation_id="retryImage",
    response_model=ImageRead,
    responses=problems(404, 422, 503),
)
@requires("manage")
async def retry_image(image_id: ImageId, database: DatabaseDep) -> Response:
    """Queue a failed or cancelled image again. An image in another state is not changed."""
    async with database.connection() as conn:
        await transitions.retry_images(conn, Retry(ended=["failed", "cancelled"], ids=[image_id]))
        return json_response(serialize_image(await get_image(conn, image_id)))
