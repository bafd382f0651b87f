"""Deadlines and lease renewal of a batch with slow images or unavailable object storage."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import numpy as np
import pytest

from core.errors import ObjectStoreUnavailableError
from core.predictions import Embedding, ScoredClass
from infra.database.pool import WorkerConnection
from infra.database.vectors import write_vector
from infra.storage import ObjectStore, open_objects, original_key
from tests.support.factories import Submitted, execute, image_file, submit_rows
from worker.batch import process_batch
from worker.pipeline import Classification, Classifier
from worker.resources import WorkerResources
from worker.timings import Timings

pytestmark = pytest.mark.anyio

STATES = "SELECT status, attempts FROM images ORDER BY id"
LEASES = "SELECT leased_until FROM images WHERE status = 'running' ORDER BY id"


EMBEDDING = Embedding(
    full=write_vector(np.ones(1280, np.float32)), sketch=write_vector(np.ones(256, np.float32))
)


class Clock:
    """Monotonic clock that a test can advance."""

    def __init__(self) -> None:
        self._advanced = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._advanced

    def advance(self, seconds: float) -> None:
        self._advanced += seconds


class SlowClassifier(Classifier):
    """Classifier that advances the clock by `seconds` per image."""

    model = "slow"

    def __init__(self, seconds: float, clock: Clock, before_each: Callable[[], object]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._before_each = before_each

    def classify(self, data: bytes, media_type: str) -> Classification:  # noqa: ARG002 (overridden)
        self._before_each()
        self._clock.advance(self._seconds)
        predictions = [ScoredClass(index, 0.2) for index in range(5)]
        return Classification(predictions, [], EMBEDDING, b"thumbnail")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def objects(objects_url: str) -> ObjectStore:
    return open_objects(objects_url)


MakeResources = Callable[..., WorkerResources]


@pytest.fixture
def make_resources(
    database_url: str, objects: ObjectStore, clock: Clock
) -> Iterator[MakeResources]:
    """Factory of resources with a classifier that takes `seconds` per image."""
    connection = WorkerConnection(database_url, name="worker under test")
    with ThreadPoolExecutor(max_workers=1) as io:  # sequential requests

        def make(
            seconds: float, before_each: Callable[[], object] = lambda: None
        ) -> WorkerResources:
            return WorkerResources(
                connection=connection,
                objects=objects,
                classifier=SlowClassifier(seconds, clock, before_each),
                io=io,
                timings=Timings(),
                worker="worker-1",
                lease_for=timedelta(seconds=60),
                task_timeout=timedelta(seconds=30),
                is_shutting_down=lambda: False,
                clock=clock,
            )

        yield make
    connection.close()


async def submit(database_url: str, objects: ObjectStore, *names: str) -> Submitted:
    """Submit images and store their originals."""
    submitted = await submit_rows(database_url, *names)
    for name in names:
        put_original(objects, name)
    return submitted


def put_original(objects: ObjectStore, name: str) -> None:
    stored = image_file(name).image
    assert stored is not None
    data = name.encode()
    objects.put(original_key(stored.sha256), BytesIO(data), len(data), "image/jpeg")


@pytest.mark.parametrize("seconds", [20, 29])
async def test_image_that_takes_most_of_the_task_timeout_is_done(
    make_resources: MakeResources,
    database_url: str,
    objects: ObjectStore,
    clock: Clock,
    seconds: float,
) -> None:
    submitted = await submit(database_url, objects, "slow")

    assert process_batch(make_resources(seconds), submitted.image_ids, started=clock()) == 1
    assert execute(database_url, STATES) == [("done", 1)]


async def test_slow_batch_settles_finished_images_and_releases_the_rest(
    make_resources: MakeResources, database_url: str, objects: ObjectStore, clock: Clock
) -> None:
    submitted = await submit(database_url, objects, *"abcd")

    assert process_batch(make_resources(7), submitted.image_ids, started=clock()) == 3
    assert sorted(execute(database_url, STATES)) == [("done", 1)] * 3 + [("queued", 0)]


async def test_finished_images_are_settled_when_object_storage_becomes_unavailable(
    make_resources: MakeResources,
    database_url: str,
    objects: ObjectStore,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submitted = await submit(database_url, objects, "a", "b")
    first_get = iter([objects.get])

    def get_once(key: str) -> bytes:
        for get in first_get:
            return get(key)
        raise ObjectStoreUnavailableError

    monkeypatch.setattr(objects, "get", get_once)

    with pytest.raises(ObjectStoreUnavailableError):
        process_batch(make_resources(1), submitted.image_ids, started=clock())
    assert sorted(execute(database_url, STATES)) == [("done", 1), ("queued", 0)]


async def test_long_batch_settles_finished_images_and_renews_its_lease(
    make_resources: MakeResources, database_url: str, objects: ObjectStore, clock: Clock
) -> None:
    submitted = await submit(database_url, objects, *"abcd")
    states: list[list[tuple[object, ...]]] = []
    leases: list[list[tuple[object, ...]]] = []

    def record() -> None:
        states.append(sorted(execute(database_url, STATES)))
        leases.append(execute(database_url, LEASES))

    resources = replace(
        make_resources(13, record),
        task_timeout=timedelta(seconds=90),
        lease_for=timedelta(seconds=110),
    )
    assert process_batch(resources, submitted.image_ids, started=clock()) == 4
    assert states == [[("running", 1)] * 4] * 3 + [[("done", 1)] * 3 + [("running", 1)]]
    assert leases[3][0] > leases[0][3]
