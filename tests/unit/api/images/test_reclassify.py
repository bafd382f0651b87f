"""Which model is the present one, by which others are older."""

import pytest

from api.images.reclassify import present_model
from core.errors import ConflictError
from infra.database.queries.workers import Worker, WorkerState


def worker(model: str | None, state: WorkerState = "ready") -> Worker:
    return Worker(f"{state}-{model}", state, "", model)


def test_it_is_the_one_that_all_ready_workers_have() -> None:
    workers = [worker("new"), worker("new"), worker("old", "broken"), worker(None, "preparing")]

    assert present_model(workers) == "new"


@pytest.mark.parametrize("workers", [[], [worker("new", "preparing")]])
def test_there_is_none_where_no_worker_is_ready(workers: list[Worker]) -> None:
    with pytest.raises(ConflictError, match="No worker is ready"):
        present_model(workers)


def test_there_is_none_while_workers_of_two_models_are_ready() -> None:
    with pytest.raises(
        ConflictError, match=r"\(new, old\).*Wait until the older workers have ended"
    ):
        present_model([worker("old"), worker("new"), worker("old")])
