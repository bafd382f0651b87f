"""Route to classify images again."""

from http import HTTPStatus

from fastapi import APIRouter

from api.auth.audit import AuditDep
from api.auth.scopes import requires
from api.dependencies import DatabaseDep
from api.images.schemas import Queued, Rerun
from api.images.service import reclassify
from api.problems import problems
from api.search.parsing import SearchParserDep
from infra.database.search.compiler import Filter

router = APIRouter(prefix="/images", tags=["images"])


@router.post(
    "/rerun",
    operation_id="rerunImages",
    status_code=HTTPStatus.ACCEPTED,
    responses=problems(400, 409, 422, 503),
)
@requires("manage")
async def rerun(
    which: Rerun, database: DatabaseDep, parser: SearchParserDep, audit: AuditDep
) -> Queued:
    """Classify images again. Until then they have the status `queued` and no tags.

    `older_model` returns 409 unless all ready workers have the same model.
    """
    found = Filter(query=await parser.parse(which.q, which.min_score))
    with audit.action("images.reclassified", scope=which.scope) as action:
        action.count = await reclassify(database, found, which.scope)
    return Queued(queued=action.count)
