"""Announcing again what nobody heard: the reason why nothing accepted is ever lost.

One API process sweeps, by a lock that Postgres frees when its holder dies.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from anyio import to_thread
from psycopg import AsyncConnection

from infra.database.connection import Database
from infra.database.submissions import Lane
from infra.database.sweep import SweptImage, settle_abandoned, take_unheard, try_sweeper_lock
from infra.errors import DatabaseUnavailableError, QueueUnavailableError
from infra.log import get_logger
from infra.queue import LANES, Queue

log = get_logger(__name__)

SWEEP_SECONDS = 2.0
# While this many messages wait in a lane, the lane is merely long, not deaf: what is in it will be
# heard, and announcing more would only make it longer.
BACKLOG_MESSAGES = 20
# At most this many pictures are called per lane and sweep; with chunks of 16 that keeps two
# hundred workers busy until the next one.
MOST_PER_SWEEP = 5000


class Sweeper:
    """Looks every few seconds for pictures that wait unheard or were abandoned."""

    def __init__(self, database: Database, queue: Queue, *, chunk_size: int) -> None:
        self._database = database
        self._queue = queue
        self._chunk_size = chunk_size

    async def run(self) -> None:
        """Sweep until cancelled, whenever this process holds the lock."""
        while True:
            with suppress(DatabaseUnavailableError):  # the pool logs that it is away
                async with self._database.connection() as conn:
                    await self._sweep_while_holding_lock(conn)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sweep_while_holding_lock(self, conn: AsyncConnection) -> None:
        if not await try_sweeper_lock(conn):
            return
        while True:
            with suppress(QueueUnavailableError):  # rows stay as they are until it is back
                await self._sweep(conn)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sweep(self, conn: AsyncConnection) -> None:
        abandoned = await settle_abandoned(conn, limit=MOST_PER_SWEEP)
        if abandoned:
            log.warning("abandoned pictures taken back", pictures=len(abandoned))
        await self._publish([image for image in abandoned if image.status == "queued"])
        for lane in LANES:
            if await to_thread.run_sync(self._queue.length, lane) < BACKLOG_MESSAGES:
                await self._call_unheard(conn, lane)

    async def _call_unheard(self, conn: AsyncConnection, lane: Lane) -> None:
        unheard = await take_unheard(conn, lane, limit=MOST_PER_SWEEP)
        if unheard:
            log.info("pictures announced again", pictures=len(unheard), lane=lane)
        await self._publish(unheard)

    async def _publish(self, images: Sequence[SweptImage]) -> None:
        """Announce in chunks, but alone what a worker has vanished with before."""
        for lane in LANES:
            fresh = [image.id for image in images if image.lane == lane and not image.attempts]
            chunks = [
                fresh[start : start + self._chunk_size]
                for start in range(0, len(fresh), self._chunk_size)
            ]
            suspects = [image.id for image in images if image.lane == lane and image.attempts]
            for ids in (*chunks, *([suspect] for suspect in suspects)):
                await to_thread.run_sync(self._queue.publish, ids, lane)
