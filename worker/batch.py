"""The work behind one message: claim, fetch, classify, store, settle."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from types import MappingProxyType
from uuid import UUID, uuid4

from core.errors import ClassificationError, DatabaseUnavailableError, ObjectStoreUnavailableError
from infra.database.pool import WorkerConnection
from infra.database.queries.transitions import (
    BatchResults,
    ClaimedImage,
    Classified,
    Failed,
    claim_images,
    release_images,
    renew_lease,
    settle_images,
)
from infra.storage import ObjectStore, thumbnail_key
from infra.telemetry.correlation import Origin
from infra.telemetry.logging import get_logger
from worker.imaging.thumbnail import MEDIA_TYPE
from worker.pipeline import Classifier
from worker.prefetch import prefetch, result_before
from worker.timings import Timings

log = get_logger(__name__)

# After trouble with storage, pictures wait this long before they are called again.
RELEASE_DELAY = timedelta(seconds=5)
# The pauses, in seconds, between offers of a result to a database that is away.
SETTLE_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
# Parts of a message's time after which no picture is begun, and after which stores that are away
# are asked no more: nothing that is not a picture's fault may use the time up.
START_DEADLINE = 0.5
SETTLE_DEADLINE = 0.6
# The part that is left to the stores however late a picture ends: what is finished is written where
# they work. What ends so late that its process is replaced meanwhile has had the time for itself;
# that counts as a crash, so it is tried once more alone and then fails.
MIN_SETTLE_TIME = 0.1


@dataclass(frozen=True, slots=True)
class WorkerResources:
    """What a worker process works with. One per process, used by its main thread."""

    connection: WorkerConnection
    objects: ObjectStore
    classifier: Classifier
    io: ThreadPoolExecutor
    stages: Timings
    worker: str
    lease_for: timedelta
    task_timeout: timedelta
    is_draining: Callable[[], bool]


def process_batch(
    resources: WorkerResources,
    ids: Sequence[UUID],
    *,
    started: float,
    origins: Mapping[UUID, Origin] = MappingProxyType({}),
) -> int:
    """Classify those of the pictures that still wait; return how many were settled.

    Raises:
        UnavailableError: the database or object storage is away. Nothing is lost: what was
            claimed is handed back, or taken back when its lease ends, and no attempt is counted.
    """
    lease = uuid4()
    with resources.stages.measure("claim"), resources.connection.use() as conn:
        images = claim_images(
            conn, ids, lease=lease, lease_for=resources.lease_for, worker=resources.worker
        )
    chunk = Batch(resources, lease, images, started, origins)
    try:
        return chunk.run()
    except DatabaseUnavailableError:
        raise
    except ObjectStoreUnavailableError:
        chunk.release(delay=RELEASE_DELAY)
        raise
    except Exception:
        chunk.give_up()
        raise


class Batch:
    """The pictures under one lease, and what is known of them so far."""

    def __init__(
        self,
        resources: WorkerResources,
        lease: UUID,
        images: Sequence[ClaimedImage],
        started: float,
        origins: Mapping[UUID, Origin],
    ) -> None:
        self._bench = resources
        self._lease = lease
        self._images = images
        self._origins = origins
        self._held = {image.id for image in images}
        self._outcomes = BatchResults()
        self._thumbnails: list[Future[None]] = []
        seconds = resources.task_timeout.total_seconds()
        self._begin_until = started + seconds * START_DEADLINE
        self._settle_until = started + seconds * SETTLE_DEADLINE
        self._settle_at_least = seconds * MIN_SETTLE_TIME
        self._renew_at = self._next_renewal()

    def run(self) -> int:
        """Classify, settle, and return how many pictures changed.

        Stops early when time is up or the worker is to stop; the rest is handed back.
        """
        settled = 0
        try:
            for image, data in prefetch(
                self._bench.objects,
                self._images,
                self._bench.io,
                deadline=self._begin_until,
                stages=self._bench.stages,
            ):
                self._classify(image, data)
                if self._bench.is_draining() or time.monotonic() > self._begin_until:
                    break
                if time.monotonic() > self._renew_at:
                    settled += self._settle()
                    self._renew()
        except ObjectStoreUnavailableError:
            self._settle()  # what is finished need not wait for what cannot be fetched
            raise
        settled += self._settle()
        if self._held:
            self.release()
        return settled

    def release(self, *, delay: timedelta = timedelta(0)) -> None:
        """Let others have what is not settled, soon, through no fault of the pictures."""
        with self._bench.connection.use() as conn:
            release_images(conn, list(self._held), lease=self._lease, delay=delay)

    def give_up(self) -> None:
        """After an error that nobody foresaw: each picture is tried alone once, then fails."""
        again = [each.id for each in self._images if each.id in self._held and each.attempts == 1]
        tried = [each.id for each in self._images if each.id in self._held and each.attempts > 1]
        detail = "Something went wrong on our side each time the picture was classified."
        failed = [Failed(image_id=each, code="internal", detail=detail) for each in tried]
        with self._bench.connection.use() as conn:
            release_images(conn, again, lease=self._lease, suspect=True)
            settle_images(
                conn,
                BatchResults(failed=failed),
                lease=self._lease,
                model=self._bench.classifier.model,
            )

    def _classify(self, image: ClaimedImage, data: bytes | ClassificationError) -> None:
        self._bench.stages.picture = image.id
        try:
            if isinstance(data, ClassificationError):
                raise data
            result = self._bench.classifier.classify(data, image.media_type)
        except ClassificationError as error:
            self._fail(image, error.code, error.detail)
        except MemoryError:
            self._fail(
                image, "out_of_memory", "The picture needs more memory than a worker may use."
            )
        else:
            self._thumbnails.append(
                self._bench.io.submit(self._put_thumbnail, image, result.thumbnail)
            )
            self._outcomes.classified.append(
                Classified(
                    image_id=image.id,
                    predictions=result.predictions,
                    categories=result.categories,
                    embedding=result.embedding,
                )
            )
        finally:
            self._bench.stages.picture = None

    def _fail(self, image: ClaimedImage, code: str, detail: str) -> None:
        origin = self._origins.get(image.id, {})
        log.info(
            "picture failed", image_id=str(image.id), code=code, attempt=image.attempts, **origin
        )
        self._outcomes.failed.append(Failed(image_id=image.id, code=code, detail=detail))

    def _put_thumbnail(self, image: ClaimedImage, thumbnail: bytes) -> None:
        with self._bench.stages.measure("store", image.id):
            self._bench.objects.put(
                thumbnail_key(image.sha256), BytesIO(thumbnail), len(thumbnail), MEDIA_TYPE
            )

    def _settle(self) -> int:
        """Write what is known; its thumbnails come first, so that done means all of it."""
        deadline = max(self._settle_until, time.monotonic() + self._settle_at_least)
        for thumbnail in self._thumbnails:
            result_before(deadline, thumbnail)
        self._thumbnails.clear()
        outcomes, self._outcomes = self._outcomes, BatchResults()
        if not len(outcomes):
            return 0
        settled = self._write(outcomes, deadline)
        self._held -= outcomes.image_ids()
        if settled < len(outcomes):
            log.warning("late results dropped", pictures=len(outcomes) - settled)
        return settled

    def _write(self, outcomes: BatchResults, deadline: float) -> int:
        """Offer the results until the database takes them, or for as long as is sensible.

        Repeating is safe: a write whose answer was lost on the way finds its lease gone.
        """
        pauses = iter(SETTLE_PAUSES)
        while True:
            try:
                with self._bench.stages.measure("write"), self._bench.connection.use() as conn:
                    return settle_images(
                        conn,
                        outcomes,
                        lease=self._lease,
                        model=self._bench.classifier.model,
                        embeddings=self._bench.connection.has_embeddings,
                    )
            except DatabaseUnavailableError:
                pause = next(pauses, None)
                if pause is None or time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)

    def _renew(self) -> None:
        with self._bench.connection.use() as conn:
            renew_lease(conn, list(self._held), lease=self._lease, lease_for=self._bench.lease_for)
        self._renew_at = self._next_renewal()

    def _next_renewal(self) -> float:
        return time.monotonic() + self._bench.lease_for.total_seconds() / 3
