"""Announcing again what nobody heard: the reason why nothing accepted is ever lost.

One API process sweeps, by a lock that Postgres frees when its holder dies.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from uuid import UUID

from anyio import to_thread
from psycopg import AsyncConnection

from api.background.cleanup import Cleanup
from api.background.loop import FailureLog
from core.errors import QueueUnavailableError, UnavailableError
from core.types import Lane
from infra.database.pool import Database
from infra.database.queries.recovery import take_unpublished, try_sweeper_lock
from infra.database.queries.transitions import RecoveredImage, reclaim_expired
from infra.queue.celery import LANES, Queue
from infra.settings import Settings
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

SWEEP_SECONDS = 2.0
# While this many messages wait in a lane, the lane is merely long, not deaf: what is in it will be
# heard, and announcing more would only make it longer.
BACKLOG_MESSAGES = 20
# At most this many pictures are called per lane and sweep; with chunks of 16 that keeps two
# hundred workers busy until the next one.
MAX_PER_SWEEP = 5000
# A slow queue must not keep the sweeper from its next round; the rest is called again later.
PUBLISH_SECONDS = 3.0
# A round that takes longer met a database that does not answer.
ROUND_SECONDS = 20.0


class Sweeper:
    """Looks every few seconds for pictures that wait unheard or were abandoned."""

    def __init__(
        self, settings: Settings, database: Database, queue: Queue, cleanup: Cleanup
    ) -> None:
        self._settings = settings
        self._database = database
        self._queue = queue
        self._housekeeper = cleanup
        self._trouble = FailureLog("sweeping")

    async def run(self) -> None:
        """Sweep until cancelled, whenever this process holds the lock."""
        while True:
            with self._trouble.caught(UnavailableError):  # the pool logs that it is away
                async with self._database.connection(seconds=None) as conn:
                    await self._sweep_while_holding_lock(conn)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sweep_while_holding_lock(self, conn: AsyncConnection) -> None:
        if not await try_sweeper_lock(conn):
            return
        try:
            while True:
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._sweep(conn)
                await self._housekeeper.work()
                self._trouble.end()
                await asyncio.sleep(SWEEP_SECONDS)
        finally:
            await conn.close()  # back in the pool, it would keep the lock and nobody would sweep

    async def _sweep(self, conn: AsyncConnection) -> None:
        abandoned = await reclaim_expired(
            conn, longest_lease=self._settings.lease, limit=MAX_PER_SWEEP
        )
        if abandoned:
            given_up = sum(image.status == "failed" for image in abandoned)
            log.warning("abandoned pictures taken back", pictures=len(abandoned), failed=given_up)
        try:
            await self._publish([image for image in abandoned if image.status == "queued"])
            for lane in LANES:
                if await to_thread.run_sync(self._queue.length, lane) < BACKLOG_MESSAGES:
                    await self._republish(conn, lane)
        except QueueUnavailableError:
            pass  # rows stay as they are until it is back

    async def _republish(self, conn: AsyncConnection, lane: Lane) -> None:
        unheard = await take_unpublished(conn, lane, limit=MAX_PER_SWEEP)
        if unheard:
            log.info("pictures announced again", pictures=len(unheard), lane=lane)
        await self._publish(unheard)

    async def _publish(self, images: Sequence[RecoveredImage]) -> None:
        deadline = time.monotonic() + PUBLISH_SECONDS
        for lane in LANES:
            for ids in self._messages([image for image in images if image.lane == lane]):
                if time.monotonic() > deadline:
                    return
                await to_thread.run_sync(self._queue.publish, ids, lane)

    def _messages(self, images: Sequence[RecoveredImage]) -> Iterator[list[UUID]]:
        """Chunks, but alone what a worker has vanished with before."""
        size = self._settings.chunk_size
        fresh = [image.id for image in images if not image.attempts]
        for start in range(0, len(fresh), size):
            yield fresh[start : start + size]
        for image in images:
            if image.attempts:
                yield [image.id]
