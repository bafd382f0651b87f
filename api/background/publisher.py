"""Publish image ids to the queue without delaying requests."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from anyio import to_thread

from api.background.runtime import BackgroundService
from core.errors import QueueUnavailableError
from core.types import Lane
from infra.queue.celery import LANES, Queue
from infra.telemetry.correlation import Origin, current_origin

# Pause after each run. A single image is published at once; the images of many small requests
# within the pause share messages, since a message costs a worker as much as half an image.
BATCH_WINDOW_SECONDS = 0.05


class Publisher(BackgroundService):
    """Collects image ids and publishes them in messages of at most `chunk_size` ids.

    Ids that arrive while messages are being sent, or in the pause afterwards, are collected for the
    next run. Many small requests therefore become few messages under load. Ids that cannot be
    published are dropped; the sweeper publishes them later.
    """

    name = "publisher"

    def __init__(self, queue: Queue, *, chunk_size: int) -> None:
        super().__init__(interval=5.0)  # only a fallback, since new ids wake the service
        self._queue = queue
        self._chunk_size = chunk_size
        self._pending: dict[Lane, list[tuple[UUID, Origin]]] = {lane: [] for lane in LANES}

    def publish_soon(self, ids: Iterable[UUID], lane: Lane) -> None:
        """Schedule images for publishing with the origin of the current request. Never blocks."""
        origin = current_origin()
        self._pending[lane].extend((each, origin) for each in ids)
        self.wake()

    async def run_once(self) -> None:
        try:
            for lane in LANES:
                while self._pending[lane]:
                    await self._publish_batch(lane)
        except QueueUnavailableError:
            self._pending = {lane: [] for lane in LANES}
            raise
        await asyncio.sleep(BATCH_WINDOW_SECONDS)

    async def _publish_batch(self, lane: Lane) -> None:
        pending = self._pending[lane]
        batch, self._pending[lane] = pending[: self._chunk_size], pending[self._chunk_size :]
        ids, origins = [each for each, _ in batch], [origin for _, origin in batch]
        await to_thread.run_sync(self._queue.publish, ids, lane, origins)
