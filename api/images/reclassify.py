"""Classifying pictures again."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import APIRouter

from api.dependencies import Service, ServiceDep
from api.images.schemas import Queued, Rerun
from api.problems import problems
from core.errors import ConflictError
from core.search.parser import parse_search
from infra.database.queries.images import batches_of
from infra.database.queries.reclassify import find_for_reclassification, reclassify_images
from infra.database.queries.workers import Worker, list_live_workers
from infra.database.search.compiler import Filter

router = APIRouter(prefix="/images", tags=["images"])


@router.post(
    "/rerun",
    operation_id="rerunImages",
    status_code=HTTPStatus.ACCEPTED,
    responses=problems(400, 409, 422, 503),
)
async def rerun(which: Rerun, service: ServiceDep) -> Queued:
    """Classify pictures again; until it is done, each shows as waiting, without its tags."""
    found = Filter(query=parse_search(which.q, which.min_score))
    model = await _present_model(service) if which.scope == "older_model" else None
    async with service.database.connection() as conn:
        chosen = await find_for_reclassification(conn, found, which.scope, model=model)
    queued = 0
    for part in batches_of(chosen):
        async with service.database.connection() as conn:
            queued += await reclassify_images(conn, part, which.scope, model=model)
    return Queued(queued=queued)


async def _present_model(service: Service) -> str:
    async with service.database.connection() as conn:
        return present_model(await list_live_workers(conn))


def present_model(workers: Sequence[Worker]) -> str:
    """The model that all ready workers have.

    Raises:
        ConflictError: there is none. While workers are replaced there may be two; by either of
            them, what the other has just done would be done again.
    """
    models = sorted({each.model for each in workers if each.state == "ready" and each.model})
    match models:
        case [model]:
            return model
        case []:
            raise ConflictError("No worker is ready, so there is no present model to compare with.")
        case _:
            raise ConflictError(
                f"The ready workers have different models ({', '.join(models)}), so there is no "
                "present one to compare with. Wait until the older workers have ended, or stop "
                "them, and try again."
            )
