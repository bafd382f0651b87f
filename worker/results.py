"""Collect the results of a batch and write them to object storage and Postgres."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from io import BytesIO
from uuid import UUID

from core.backoff import Backoff
from core.errors import ClassificationError, DatabaseUnavailableError
from infra.database.queries.transitions import (
    BatchResults,
    ClaimedImage,
    Classified,
    Failed,
    settle_images,
)
from infra.storage import thumbnail_key
from infra.telemetry.correlation import Origin
from infra.telemetry.logging import get_logger
from worker.imaging.thumbnail import MEDIA_TYPE
from worker.pipeline import Classification
from worker.prefetch import result_within
from worker.resources import WorkerResources

log = get_logger(__name__)

# Attempts to write results while the database is unavailable, apart from the first one.
SETTLE_RETRIES = 5
# Share of the task timeout until which results are offered to unavailable stores.
SETTLE_DEADLINE = 0.6
# Share of the task timeout that remains for writing, even if the last image ends late. If Celery
# kills the process meanwhile, that counts as a crash: the image is retried alone, then fails.
MIN_SETTLE_TIME = 0.1


class ResultWriter:
    """Results of the images under one lease, not yet written.

    Attributes:
        settled: Number of images that were settled in the database so far.
    """

    def __init__(
        self,
        resources: WorkerResources,
        lease: UUID,
        started: float,
        origins: Mapping[UUID, Origin],
    ) -> None:
        self.settled = 0
        self._resources = resources
        self._lease = lease
        self._origins = origins
        self._pending = BatchResults()
        self._thumbnails: list[Future[None]] = []
        seconds = resources.task_timeout.total_seconds()
        self._deadline = started + seconds * SETTLE_DEADLINE
        self._min_seconds = seconds * MIN_SETTLE_TIME

    def add_classified(self, image: ClaimedImage, result: Classification) -> None:
        """Add the predictions of an image and start to upload its thumbnail."""
        self._thumbnails.append(
            self._resources.io.submit(self._put_thumbnail, image, result.thumbnail)
        )
        self._pending.classified.append(
            Classified(
                image_id=image.id,
                predictions=result.predictions,
                categories=result.categories,
                embedding=result.embedding,
            )
        )

    def add_failed(self, image: ClaimedImage, error: ClassificationError) -> None:
        """Add an image that cannot be classified, and log it."""
        log.info(
            "image.failed",
            image_id=str(image.id),
            code=error.code,
            attempt=image.attempts,
            **self._origins.get(image.id, {}),
        )
        self._pending.failed.append(Failed(image_id=image.id, code=error.code, detail=error.detail))

    def write(self) -> set[UUID]:
        """Write the pending results, thumbnails before rows, and return the ids of their images.

        An image with status `done` therefore always has its thumbnail. Results of images whose
        lease has expired are dropped.

        Raises:
            ObjectStoreUnavailableError: A thumbnail could not be stored before the deadline.
            DatabaseUnavailableError: The rows could not be written before the deadline.
        """
        deadline = max(self._deadline, self._resources.clock() + self._min_seconds)
        for thumbnail in self._thumbnails:
            result_within(deadline - self._resources.clock(), thumbnail)
        self._thumbnails.clear()
        results, self._pending = self._pending, BatchResults()
        if not len(results):
            return set()
        settled = self._write_rows(results, deadline)
        self.settled += settled
        if settled < len(results):
            log.warning("results.dropped", reason="lease expired", images=len(results) - settled)
        return results.image_ids()

    def _put_thumbnail(self, image: ClaimedImage, thumbnail: bytes) -> None:
        with self._resources.timings.measure("store", image.id):
            self._resources.objects.put(
                thumbnail_key(image.sha256), BytesIO(thumbnail), len(thumbnail), MEDIA_TYPE
            )

    def _write_rows(self, results: BatchResults, deadline: float) -> int:
        """Settle the images, with retries until the deadline; return how many were settled.

        Retries are safe: after a write that succeeded without an acknowledgement, the lease is gone
        and the second write changes nothing.
        """
        backoff = Backoff(first=0.2, longest=4.0)
        while True:
            try:
                return self._settle(results)
            except DatabaseUnavailableError:
                delay = backoff.next_delay()
                is_late = self._resources.clock() + delay > deadline
                if is_late or backoff.failures > SETTLE_RETRIES:
                    raise
                time.sleep(delay)

    def _settle(self, results: BatchResults) -> int:
        connection = self._resources.connection
        with self._resources.timings.measure("write"), connection.use() as conn:
            return settle_images(
                conn,
                results,
                lease=self._lease,
                model=self._resources.classifier.model,
                embeddings=connection.has_embeddings,
            )
