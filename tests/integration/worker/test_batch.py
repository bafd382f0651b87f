"""Slow pictures end, and what is finished is written, however late a neighbour made it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest

from core.errors import ObjectStoreUnavailableError
from core.predictions import ScoredClass
from infra.database.pool import WorkerConnection
from infra.storage import ObjectStore, open_objects, original_key
from tests.support.factories import Submitted, execute, image_file, submit_rows
from worker.batch import WorkerResources, process_batch
from worker.pipeline import Classification, Classifier
from worker.timings import Timings

pytestmark = pytest.mark.anyio

STATES = "SELECT status, attempts FROM images ORDER BY id"


class Clock:
    """The monotonic clock, which tests may put on."""

    def __init__(self) -> None:
        self._now = time.monotonic
        self._ahead = 0.0

    def __call__(self) -> float:
        return self._now() + self._ahead

    def put_on(self, seconds: float) -> None:
        self._ahead += seconds


class SlowClassifier(Classifier):
    """Takes so many seconds for a picture, by the clock."""

    model = "slow"  # type: ignore[assignment]

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock

    def classify(self, data: bytes, media_type: str) -> Classification:  # noqa: ARG002 (whatever it is)
        self._clock.put_on(self._seconds)
        five = [ScoredClass(index, 0.2) for index in range(5)]
        return Classification(five, [], None, b"thumbnail")  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture
def objects(objects_url: str) -> ObjectStore:
    return open_objects(objects_url)


MakeBench = Callable[[float], WorkerResources]


@pytest.fixture
def resources(database_url: str, objects: ObjectStore, clock: Clock) -> Iterator[MakeBench]:
    connection = WorkerConnection(database_url, name="worker under test")
    with ThreadPoolExecutor(max_workers=1) as io:  # one after the other
        yield lambda seconds: WorkerResources(
            connection=connection,
            objects=objects,
            classifier=SlowClassifier(seconds, clock),
            io=io,
            stages=Timings(),
            worker="worker-1",
            lease_for=timedelta(seconds=60),
            task_timeout=timedelta(seconds=30),
            is_draining=lambda: False,
        )
    connection.close()


async def submit(database_url: str, objects: ObjectStore, *names: str) -> Submitted:
    submitted = await submit_rows(database_url, *names)
    for name in names:
        put_original(objects, name)
    return submitted


def put_original(objects: ObjectStore, name: str) -> None:
    picture = image_file(name).picture
    assert picture is not None
    data = name.encode()
    objects.put(original_key(picture.sha256), BytesIO(data), len(data), "image/jpeg")


@pytest.mark.parametrize("seconds", [20, 29])
async def test_a_picture_that_takes_most_of_the_time_is_done(
    resources: MakeBench, database_url: str, objects: ObjectStore, clock: Clock, seconds: float
) -> None:
    submitted = await submit(database_url, objects, "slow")

    assert process_batch(resources(seconds), submitted.image_ids, started=clock()) == 1
    assert execute(database_url, STATES) == [("done", 1)]


async def test_slow_neighbours_keep_what_was_finished_and_hand_back_the_rest(
    resources: MakeBench, database_url: str, objects: ObjectStore, clock: Clock
) -> None:
    submitted = await submit(database_url, objects, *"abcd")

    assert process_batch(resources(7), submitted.image_ids, started=clock()) == 3
    assert sorted(execute(database_url, STATES)) == [("done", 1)] * 3 + [("queued", 0)]


async def test_what_is_finished_does_not_wait_for_what_storage_does_not_give(
    resources: MakeBench,
    database_url: str,
    objects: ObjectStore,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submitted = await submit(database_url, objects, "a", "b")
    data = iter([objects.get])  # the first is given, the second is not

    def get_once(key: str) -> bytes:
        for get in data:
            return get(key)
        raise ObjectStoreUnavailableError

    monkeypatch.setattr(objects, "get", get_once)

    with pytest.raises(ObjectStoreUnavailableError):
        process_batch(resources(1), submitted.image_ids, started=clock())
    assert sorted(execute(database_url, STATES)) == [("done", 1), ("queued", 0)]


async def test_a_long_chunk_writes_what_it_has_and_renews_its_lease(
    resources: MakeBench,
    database_url: str,
    objects: ObjectStore,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submitted = await submit(database_url, objects, *"abcd")
    longer = replace(
        resources(13), task_timeout=timedelta(seconds=90), lease_for=timedelta(seconds=110)
    )
    renewed: list[tuple[int, list[tuple[object, ...]]]] = []

    def note(_: object, ids: list[UUID], **__: object) -> None:
        renewed.append((len(ids), sorted(execute(database_url, STATES))))

    monkeypatch.setattr("worker.batch.renew_lease", note)
    assert process_batch(longer, submitted.image_ids, started=clock()) == 4
    assert renewed == [(1, [("done", 1)] * 3 + [("running", 1)])]
