"""Publishing ids to the queue, beside the requests and never in their way."""

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

# After a failure the queue is left alone this long. What is not announced meanwhile is dropped
# here and found by the sweeper.
BACKOFF_SECONDS = 5.0
# The pause after a round of messages. A picture that arrives alone goes at once; of many small
# requests, those of the pause go together: a message costs a worker as much as half a picture.
BATCH_WINDOW_SECONDS = 0.05


class Publisher:
    """Collects ids and publishes them in messages of at most `chunk_size`.

    While messages are on their way, and for a moment after, whatever else arrives is collected
    for the next, so many small requests become few messages exactly when there is much to do.
    """

    def __init__(self, queue: Queue, *, chunk_size: int) -> None:
        self._queue = queue
        self._chunk_size = chunk_size
        self._pending: dict[Lane, list[tuple[UUID, Origin]]] = {lane: [] for lane in LANES}
        self._wake = asyncio.Event()
        self._resting_until = 0.0

    def publish_soon(self, ids: Iterable[UUID], lane: Lane) -> None:
        """Have pictures published soon, in the present request's name. Returns at once."""
        if time.monotonic() < self._resting_until:
            return
        origin = current_origin()
        self._pending[lane].extend((each, origin) for each in ids)
        self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        failures = FailureLog("announcing")
        while True:
            await self._wake.wait()
            self._wake.clear()
            with failures.caught():  # the sweeper announces what is lost so
                await self._publish_pending()
            await asyncio.sleep(BATCH_WINDOW_SECONDS)

    async def _publish_pending(self) -> None:
        for lane in LANES:
            while self._pending[lane]:
                await self._publish_chunk(lane)

    async def _publish_chunk(self, lane: Lane) -> None:
        pending = self._pending[lane]
        chunk, self._pending[lane] = pending[: self._chunk_size], pending[self._chunk_size :]
        ids, origins = [each for each, _ in chunk], [origin for _, origin in chunk]
        try:
            await to_thread.run_sync(self._queue.publish, ids, lane, origins)
        except QueueUnavailableError as error:
            log.warning("queue lost, the sweeper will announce", reason=str(error.__cause__))
            self._resting_until = time.monotonic() + BACKOFF_SECONDS
            self._pending = {each: [] for each in LANES}
