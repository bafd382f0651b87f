"""Publish image ids to the queue without delaying requests."""

import asyncio
import time
from collections.abc import Iterable
from uuid import UUID

from anyio import to_thread

from api.background.loop import FailureLog
from core.errors import QueueUnavailableError
from core.types import Lane
from infra.queue.celery import LANES, Queue
from infra.telemetry.correlation import Origin, current_origin
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# Pause after a failure. Ids that arrive meanwhile are dropped; the sweeper publishes them later.
BACKOFF_SECONDS = 5.0
# Pause after each run. A single image is published at once; the images of many small requests
# within the pause share messages, since a message costs a worker as much as half an image.
BATCH_WINDOW_SECONDS = 0.05


class Publisher:
    """Collects image ids and publishes them in messages of at most `chunk_size` ids.

    Ids that arrive while messages are being sent, or in the pause afterwards, are collected for the
    next run. Many small requests therefore become few messages under load.
    """

    def __init__(self, queue: Queue, *, chunk_size: int) -> None:
        self._queue = queue
        self._chunk_size = chunk_size
        self._pending: dict[Lane, list[tuple[UUID, Origin]]] = {lane: [] for lane in LANES}
        self._wake = asyncio.Event()
        self._paused_until = 0.0

    def publish_soon(self, ids: Iterable[UUID], lane: Lane) -> None:
        """Schedule images for publishing with the origin of the current request. Never blocks."""
        if time.monotonic() < self._paused_until:
            return
        origin = current_origin()
        self._pending[lane].extend((each, origin) for each in ids)
        self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        failures = FailureLog("publisher")
        while True:
            await self._wake.wait()
            self._wake.clear()
            with failures.caught():  # the sweeper publishes what is lost
                await self._publish_pending()
            await asyncio.sleep(BATCH_WINDOW_SECONDS)

    async def _publish_pending(self) -> None:
        for lane in LANES:
            while self._pending[lane]:
                await self._publish_batch(lane)

    async def _publish_batch(self, lane: Lane) -> None:
        pending = self._pending[lane]
        batch, self._pending[lane] = pending[: self._chunk_size], pending[self._chunk_size :]
        ids, origins = [each for each, _ in batch], [origin for _, origin in batch]
        try:
            await to_thread.run_sync(self._queue.publish, ids, lane, origins)
        except QueueUnavailableError as error:
            log.warning("queue.lost", reason=str(error.__cause__))
            self._paused_until = time.monotonic() + BACKOFF_SECONDS
            self._pending = {each: [] for each in LANES}
