"""Process one message: claim its images under a lease, classify them and settle the results."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID, uuid4

from core.errors import ClassificationError, DatabaseUnavailableError, ObjectStoreUnavailableError
from infra.database.queries.transitions import (
    BatchResults,
    ClaimedImage,
    Failed,
    claim_images,
    release_images,
    renew_lease,
    settle_images,
)
from infra.telemetry.correlation import Origin
from worker.prefetch import prefetch
from worker.resources import WorkerResources
from worker.results import ResultWriter

# Delay before released images are published again after object storage was unavailable.
RELEASE_DELAY = timedelta(seconds=5)
# Share of the task timeout after which no further image of the batch is started. The rest is
# reserved for the image in progress and for writing results.
START_DEADLINE = 0.5


def process_batch(
    resources: WorkerResources,
    ids: Sequence[UUID],
    *,
    started: float,
    origins: Mapping[UUID, Origin] = MappingProxyType({}),
) -> int:
    """Classify the images that are still queued.

    Args:
        resources: Connections, model and limits of this process.
        ids: Images named by the message. Images that are not queued are skipped.
        started: Start of the task on `resources.clock`, in seconds.
        origins: Request and job of each image, for logs.

    Returns:
        The number of images settled (done or failed).

    Raises:
        UnavailableError: The database or object storage is unavailable. Unsettled images are
            released, or reclaimed when the lease expires; no attempt is counted.
    """
    lease = uuid4()
    with resources.timings.measure("claim"), resources.connection.use() as conn:
        images = claim_images(
            conn, ids, lease=lease, lease_for=resources.lease_for, worker=resources.worker
        )
    batch = Batch(resources, lease, images, started, origins)
    try:
        return batch.run()
    except DatabaseUnavailableError:
        raise
    except ObjectStoreUnavailableError:
        batch.release(delay=RELEASE_DELAY)
        raise
    except Exception:
        batch.release_suspects()
        raise


class Batch:
    """Images claimed under one lease."""

    def __init__(
        self,
        resources: WorkerResources,
        lease: UUID,
        images: Sequence[ClaimedImage],
        started: float,
        origins: Mapping[UUID, Origin],
    ) -> None:
        self._resources = resources
        self._lease = lease
        self._images = images
        self._unsettled = {image.id for image in images}
        self._results = ResultWriter(resources, lease, started, origins)
        self._start_deadline = started + resources.task_timeout.total_seconds() * START_DEADLINE
        self._renew_at = self._next_renewal()

    def run(self) -> int:
        """Classify and settle the images; return how many were settled.

        Stops early at the start deadline or on shutdown, and releases the remaining images.

        Raises:
            UnavailableError: The database or object storage is unavailable.
        """
        try:
            self._classify_all()
        except ObjectStoreUnavailableError:
            self._settle()  # finished images do not depend on the originals still missing
            raise
        self._settle()
        if self._unsettled:
            self.release()
        return self._results.settled

    def release(self, *, delay: timedelta = timedelta(0)) -> None:
        """Return the unsettled images to the queue after `delay`, without counting the attempt."""
        with self._resources.connection.use() as conn:
            release_images(conn, list(self._unsettled), lease=self._lease, delay=delay)

    def release_suspects(self) -> None:
        """Handle an unexpected error: retry each unsettled image once, alone, then fail it."""
        unsettled = [image for image in self._images if image.id in self._unsettled]
        retried = [image.id for image in unsettled if image.attempts == 1]
        detail = "Classification failed twice with an internal error; see the worker's log."
        failed = [
            Failed(image_id=image.id, code="internal", detail=detail)
            for image in unsettled
            if image.attempts > 1
        ]
        with self._resources.connection.use() as conn:
            release_images(conn, retried, lease=self._lease, suspect=True)
            settle_images(
                conn,
                BatchResults(failed=failed),
                lease=self._lease,
                model=self._resources.classifier.model,
            )

    def _classify_all(self) -> None:
        for image, data in prefetch(
            self._resources.objects,
            self._images,
            self._resources.io,
            seconds_left=lambda: self._start_deadline - self._resources.clock(),
            timings=self._resources.timings,
        ):
            self._classify(image, data)
            now = self._resources.clock()
            if self._resources.is_shutting_down() or now > self._start_deadline:
                return
            if now > self._renew_at:
                self._settle()
                self._renew()

    def _classify(self, image: ClaimedImage, data: bytes | ClassificationError) -> None:
        with self._resources.timings.of_image(image.id):
            try:
                if isinstance(data, ClassificationError):
                    raise data
                result = self._resources.classifier.classify(data, image.media_type)
            except ClassificationError as error:
                self._results.add_failed(image, error)
            else:
                self._results.add_classified(image, result)

    def _settle(self) -> None:
        self._unsettled -= self._results.write()

    def _renew(self) -> None:
        with self._resources.connection.use() as conn:
            renew_lease(
                conn,
                list(self._unsettled),
                lease=self._lease,
                lease_for=self._resources.lease_for,
            )
        self._renew_at = self._next_renewal()

    def _next_renewal(self) -> float:
        return self._resources.clock() + self._resources.lease_for.total_seconds() / 3
