"""Finding what was never announced, and what was claimed and abandoned."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from infra.database.submissions import Lane

# Whoever holds this session lock sweeps; the others wait their turn.
TRY_SWEEPER_LOCK = "SELECT pg_try_advisory_lock(hashtext('gallery.sweeper'))"

# The second time a worker vanishes with a picture, it held nothing else: the picture did it.
CRASHES_ALLOWED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptImage:
    """A picture to announce (again), or one that was given up."""

    id: UUID
    status: Literal["queued", "failed"]
    lane: Lane
    attempts: int


async def try_sweeper_lock(conn: AsyncConnection) -> bool:
    """Become the sweeper for as long as this connection lives, unless somebody is."""
    cur = await conn.execute(TRY_SWEEPER_LOCK)
    row = await cur.fetchone()
    return row is not None and bool(row[0])


SETTLE_ABANDONED = """
    UPDATE images
       SET status = CASE WHEN attempts > %(crashes_allowed)s THEN 'failed' ELSE 'queued' END,
           failure_code = CASE WHEN attempts > %(crashes_allowed)s THEN 'crashed_worker' END,
           failure_detail = CASE WHEN attempts > %(crashes_allowed)s
               THEN 'The worker died or stalled each time it looked at this picture.' END,
           announced_at = now(),
           changed_at = now(),
           lease = NULL,
           leased_until = NULL
     WHERE id IN (
               SELECT id
                 FROM images
                WHERE status = 'running'
                  AND leased_until < now()
                ORDER BY leased_until
                LIMIT %(limit)s
                  FOR UPDATE SKIP LOCKED)
    RETURNING id, status, lane, attempts
"""


async def settle_abandoned(conn: AsyncConnection, *, limit: int) -> list[SweptImage]:
    """Give back pictures whose worker vanished, or give them up the second time."""
    async with conn.cursor(row_factory=class_row(SweptImage)) as cur:
        await cur.execute(SETTLE_ABANDONED, {"crashes_allowed": CRASHES_ALLOWED, "limit": limit})
        return await cur.fetchall()


# Each time a picture is called again in vain, the next call waits twice as long (10 s to 5 min).
TAKE_UNHEARD = """
    UPDATE images
       SET announced_at = now(),
           announcements = least(announcements + 1, 100)
     WHERE id IN (
               SELECT id
                 FROM images
                WHERE status = 'queued'
                  AND lane = %(lane)s
                  AND announced_at < now() - least(
                          interval '10 seconds' * power(2, least(announcements, 5)),
                          interval '5 minutes')
                ORDER BY announced_at
                LIMIT %(limit)s
                  FOR UPDATE SKIP LOCKED)
    RETURNING id, status, lane, attempts
"""


async def take_unheard(conn: AsyncConnection, lane: Lane, *, limit: int) -> list[SweptImage]:
    """Pictures of a lane that wait although no message may be left for them; dated as called."""
    async with conn.cursor(row_factory=class_row(SweptImage)) as cur:
        await cur.execute(TAKE_UNHEARD, {"lane": lane, "limit": limit})
        return await cur.fetchall()
