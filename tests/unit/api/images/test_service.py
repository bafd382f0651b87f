"""Choice of the current model, compared with which other models are older."""

import pytest

from api.images.service import current_model
from core.errors import ConflictError
from infra.database.queries.workers import Worker, WorkerState


def worker(model: str | None, state: WorkerState = "ready") -> Worker:
    return Worker(f"{state}-{model}", state, "", model)


def test_current_model_is_that_of_all_ready_workers() -> None:
    workers = [worker("new"), worker("new"), worker("old", "broken"), worker(None, "preparing")]

    assert current_model(workers) == "new"


@pytest.mark.parametrize("workers", [[], [worker("new", "preparing")]])
def test_no_ready_worker_raises_conflict(workers: list[Worker]) -> None:
    with pytest.raises(ConflictError, match="No worker is ready"):
        current_model(workers)


def test_ready_workers_with_different_models_raise_conflict() -> None:
    with pytest.raises(ConflictError, match=r"\(new, old\).*stop the workers with the older model"):
        current_model([worker("old"), worker("new"), worker("old")])
