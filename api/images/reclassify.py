"""Route to classify images again."""

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
    """Classify images again. Until then they have the status `queued` and no tags.

    `older_model` returns 409 unless all ready workers have the same model.
    """
    found = Filter(query=parse_search(which.q, which.min_score))
    model = await _current_model(service) if which.scope == "older_model" else None
    async with service.database.connection() as conn:
        chosen = await find_for_reclassification(conn, found, which.scope, model=model)
    queued = 0
    for part in batches_of(chosen):
        async with service.database.connection() as conn:
            queued += await reclassify_images(conn, part, which.scope, model=model)
    return Queued(queued=queued)


async def _current_model(service: Service) -> str:
    async with service.database.connection() as conn:
        return current_model(await list_live_workers(conn))


def current_model(workers: Sequence[Worker]) -> str:
    """Return the model that all ready workers have.

    Raises:
        ConflictError: No worker is ready, or ready workers have different models. With two models
            in use, workers would reclassify each other's results.
    """
    models = sorted({each.model for each in workers if each.state == "ready" and each.model})
    match models:
        case [model]:
            return model
        case []:
            raise ConflictError(
                "No worker is ready, so the current model is unknown; start a worker and retry."
            )
        case _:
            raise ConflictError(
                f"Ready workers have different models ({', '.join(models)}); stop the workers with "
                "the older model, or wait until they have ended, and retry."
            )
