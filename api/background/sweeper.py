"""Recover images whose message was lost or whose worker disappeared.

The sweeper guarantees that no accepted image is lost.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from uuid import UUID

from anyio import to_thread
from psycopg import AsyncConnection

from api.background.leader import Leader
from api.background.runtime import BackgroundService
from core.errors import QueueUnavailableError
from core.types import Lane
from infra.database.queries.recovery import take_unpublished
from infra.database.queries.transitions import RecoveredImage, reclaim_expired
from infra.queue.celery import LANES, Queue
from infra.settings import Settings
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# A lane with this many messages is backed up, not lost: its images will be processed, and
# publishing them again would only make the lane longer.
BACKLOG_MESSAGES = 20
# Maximum number of images published per lane and run. With batches of 16 images this keeps 200
# workers busy until the next run.
MAX_PER_RUN = 5000
# Time limit for publishing in one run, so that a slow queue does not delay the next run. The
# remaining images are published later.
PUBLISH_SECONDS = 3.0
# Time limit of one run. A run that takes longer met a database that does not respond.
RUN_SECONDS = 20.0


class Sweeper(BackgroundService):
    """Reclaims expired leases and republishes queued images that no message names."""

    name = "sweeper"
    leader_only = True

    def __init__(self, settings: Settings, leader: Leader, queue: Queue) -> None:
        super().__init__(interval=2.0)
        self._settings = settings
        self._leader = leader
        self._queue = queue

    async def run_once(self) -> None:
        # With the leader's connection, the sweeper never waits for the pool under load. After a
        # pause of more than MAX_PAUSE it reclaims nothing until its runs are regular again.
        async with self._leader.connection() as conn, asyncio.timeout(RUN_SECONDS):
            await self._sweep(conn)

    async def _sweep(self, conn: AsyncConnection) -> None:
        reclaimed = await reclaim_expired(
            conn, longest_lease=self._settings.lease, limit=MAX_PER_RUN
        )
        if reclaimed:
            failed = sum(image.status == "failed" for image in reclaimed)
            log.warning("lease.expired", images=len(reclaimed), failed=failed)
        try:
            await self._publish([image for image in reclaimed if image.status == "queued"])
            for lane in LANES:
                if await to_thread.run_sync(self._queue.length, lane) < BACKLOG_MESSAGES:
                    await self._republish(conn, lane)
        except QueueUnavailableError:
            pass  # the rows stay queued; a later run publishes them

    async def _republish(self, conn: AsyncConnection, lane: Lane) -> None:
        unpublished = await take_unpublished(conn, lane, limit=MAX_PER_RUN)
        if unpublished:
            log.info("images.republished", images=len(unpublished), lane=lane)
        await self._publish(unpublished)

    async def _publish(self, images: Sequence[RecoveredImage]) -> None:
        deadline = time.monotonic() + PUBLISH_SECONDS
        for lane in LANES:
            for ids in self._batches([image for image in images if image.lane == lane]):
                if time.monotonic() > deadline:
                    return
                await to_thread.run_sync(self._queue.publish, ids, lane)

    def _batches(self, images: Sequence[RecoveredImage]) -> Iterator[list[UUID]]:
        """Yield batches of ids. A suspect, which a dead worker held, gets a batch of its own."""
        size = self._settings.chunk_size
        fresh = [image.id for image in images if not image.attempts]
        for start in range(0, len(fresh), size):
            yield fresh[start : start + size]
        for image in images:
            if image.attempts:
                yield [image.id]
