"""The work behind one message: claim, fetch, classify, store, settle."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from uuid import UUID, uuid4

from infra.database.connection import WorkerConnection
from infra.database.work import (
    ClaimedImage,
    Classified,
    Failed,
    Outcomes,
    claim_images,
    release_images,
    renew_lease,
    settle_images,
)
from infra.errors import ClassificationError, DatabaseUnavailableError, UnavailableError
from infra.log import get_logger
from infra.objects import ObjectStore, thumbnail_key
from worker.classifier import Classifier
from worker.fetch import fetch_ahead
from worker.thumbnail import MEDIA_TYPE

log = get_logger(__name__)

# After trouble with storage, pictures wait this long before they are called again.
RELEASE_DELAY = timedelta(seconds=5)
# The pauses, in seconds, between offers of a result to a database that is away.
SETTLE_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker process works with. One per process, used by its main thread."""

    connection: WorkerConnection
    objects: ObjectStore
    classifier: Classifier
    io: ThreadPoolExecutor
    lease_for: timedelta


def process_chunk(bench: Bench, ids: Sequence[UUID]) -> int:
    """Classify those of the pictures that still wait; return how many were settled.

    Raises:
        UnavailableError: the database or object storage is away. Nothing is lost: what was
            claimed is handed back, or falls back when its lease ends.
    """
    lease = uuid4()
    with bench.connection.use() as conn:
        images = claim_images(conn, ids, lease=lease, lease_for=bench.lease_for)
    chunk = Chunk(bench, lease, images)
    try:
        return chunk.run()
    except UnavailableError:
        chunk.hand_back()
        raise


class Chunk:
    """The pictures under one lease, and what is known of them so far."""

    def __init__(self, bench: Bench, lease: UUID, images: Sequence[ClaimedImage]) -> None:
        self._bench = bench
        self._lease = lease
        self._images = images
        self._held = {image.id for image in images}
        self._outcomes = Outcomes()
        self._thumbnails: list[Future[None]] = []
        self._renew_at = self._next_renewal()

    def run(self) -> int:
        """Classify all, settle, and return how many pictures changed."""
        settled = 0
        for image, data in fetch_ahead(self._bench.objects, self._images, self._bench.io):
            self._classify(image, data)
            if time.monotonic() > self._renew_at:
                settled += self._settle()
                self._renew()
        return settled + self._settle()

    def hand_back(self) -> None:
        """Keep what is known, and let others have the rest soon."""
        try:
            self._settle()
            with self._bench.connection.use() as conn:
                release_images(conn, list(self._held), lease=self._lease, delay=RELEASE_DELAY)
        except UnavailableError:
            log.warning("pictures left to their lease", pictures=len(self._held))

    def _classify(self, image: ClaimedImage, data: bytes | ClassificationError) -> None:
        try:
            if isinstance(data, ClassificationError):
                raise data
            result = self._bench.classifier.classify(data, image.media_type)
        except ClassificationError as error:
            self._outcomes.failed.append(
                Failed(image_id=image.id, code=error.code, detail=error.detail)
            )
            return
        self._thumbnails.append(self._bench.io.submit(self._put_thumbnail, image, result.thumbnail))
        self._outcomes.classified.append(
            Classified(image_id=image.id, predictions=result.predictions)
        )

    def _put_thumbnail(self, image: ClaimedImage, thumbnail: bytes) -> None:
        self._bench.objects.put(
            thumbnail_key(image.sha256), BytesIO(thumbnail), len(thumbnail), MEDIA_TYPE
        )

    def _settle(self) -> int:
        """Write what is known; its thumbnails come first, so that done means all of it."""
        for thumbnail in self._thumbnails:
            thumbnail.result()
        self._thumbnails.clear()
        outcomes, self._outcomes = self._outcomes, Outcomes()
        if not len(outcomes):
            return 0
        settled = self._write(outcomes)
        self._held -= outcomes.image_ids()
        if settled < len(outcomes):
            log.warning("late results dropped", pictures=len(outcomes) - settled)
        return settled

    def _write(self, outcomes: Outcomes) -> int:
        """Offer the results until the database takes them, or for as long as is sensible.

        Repeating is safe: a write whose answer was lost on the way finds its lease gone.
        """
        for pause in (*SETTLE_PAUSES, None):
            try:
                with self._bench.connection.use() as conn:
                    return settle_images(
                        conn, outcomes, lease=self._lease, model=self._bench.classifier.model
                    )
            except DatabaseUnavailableError:
                if pause is None:
                    raise
                time.sleep(pause)
        raise AssertionError

    def _renew(self) -> None:
        with self._bench.connection.use() as conn:
            renew_lease(conn, list(self._held), lease=self._lease, lease_for=self._bench.lease_for)
        self._renew_at = self._next_renewal()

    def _next_renewal(self) -> float:
        return time.monotonic() + self._bench.lease_for.total_seconds() / 3
