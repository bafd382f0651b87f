"""Finding what was never announced, and what was claimed and abandoned."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from core.types import DEAD_AFTER, Lane

# Whoever holds this session lock sweeps; the others wait their turn.
TRY_SWEEPER_LOCK = "SELECT pg_try_advisory_lock(hashtext('gallery.sweeper'))"

# A sweeper that was silent longer than this may have been cut off, and others with it. Shorter
# than DEAD_AFTER by more than two heartbeats, or a living worker could be taken for dead.
MAX_PAUSE = timedelta(seconds=8)

# The second time a worker vanishes with a picture, it held nothing else: the picture did it.
CRASHES_ALLOWED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredImage:
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


# Whose worker is silent (gone, or stopped beating) is taken back without waiting for the lease,
# and the attempt stays counted. Whose worker is heard of while the lease has run out was held up
# by something else, and the attempt is given back.
#
# Only a steady sweeper may tell: one that has been beating, on the database's clock, for longer
# than a worker needs to be heard again after Postgres was away or its clock was set. A date in
# the future is a clock's mistake, and counts as none.
RECLAIM_EXPIRED = """
    WITH pulse AS (
        UPDATE sweeper
           SET steady_since = CASE WHEN seen_at BETWEEN now() - %(pause)s AND now()
                                   THEN steady_since ELSE now() END,
               seen_at = now()
        RETURNING steady_since BETWEEN now() - interval '1 century' AND now() - %(dead_after)s
                      AS steady
    ),
    held AS (
        SELECT i.id, i.lease,
               coalesce(w.seen_at BETWEEN now() - %(dead_after)s AND now() + %(pause)s,
                        i.changed_at BETWEEN now() - %(dead_after)s AND now()) AS is_alive,
               i.leased_until < now() OR i.leased_until > now() + %(longest_lease)s AS is_over
          FROM images AS i
          LEFT JOIN workers AS w ON w.id = i.worker
         WHERE i.status = 'running'
    ),
    abandoned AS (
        SELECT i.id,
               i.attempts - CASE WHEN h.is_alive THEN 1 ELSE 0 END AS attempts,
               NOT h.is_alive AND i.attempts > %(crashes_allowed)s AS is_guilty
          FROM held AS h
          JOIN images AS i ON i.id = h.id AND i.lease = h.lease
         WHERE (SELECT steady FROM pulse)
           AND (h.is_over OR i.worker IS NOT NULL AND NOT h.is_alive)
           AND i.status = 'running'
         ORDER BY i.id
         LIMIT %(limit)s
           FOR UPDATE OF i SKIP LOCKED
    )
    UPDATE images
       SET status = CASE WHEN a.is_guilty THEN 'failed' ELSE 'queued' END,
           attempts = a.attempts,
           failure_code = CASE WHEN a.is_guilty THEN 'crashed_worker' END,
           failure_detail = CASE WHEN a.is_guilty
               THEN 'The worker died or stalled each time it looked at this picture.' END,
           announced_at = now(),
           changed_at = now(),
           lease = NULL,
           leased_until = NULL
      FROM abandoned AS a
     WHERE images.id = a.id
    RETURNING images.id, images.status, images.lane, images.attempts
"""


async def reclaim_expired(
    conn: AsyncConnection, *, longest_lease: timedelta, limit: int
) -> list[RecoveredImage]:
    """Take back pictures whose worker vanished or was held up; give up those that killed twice."""
    async with conn.cursor(row_factory=class_row(RecoveredImage)) as cur:
        await cur.execute(
            RECLAIM_EXPIRED,
            {
                "pause": MAX_PAUSE,
                "dead_after": DEAD_AFTER,
                "longest_lease": longest_lease,
                "crashes_allowed": CRASHES_ALLOWED,
                "limit": limit,
            },
        )
        return await cur.fetchall()


# Each time a picture is called again in vain, the next call waits twice as long (10 s to 5 min).
# An announcement dated more than a release's delay ahead was dated by a clock that was wrong.
TAKE_UNPUBLISHED = """
    UPDATE images
       SET announced_at = now(),
           announcements = least(announcements + 1, 100)
     WHERE id IN (
               SELECT id
                 FROM images
                WHERE status = 'queued'
                  AND lane = %(lane)s
                  AND (announced_at < now() - least(
                           interval '10 seconds' * power(2, least(announcements, 5)),
                           interval '5 minutes')
                       OR announced_at > now() + interval '1 minute')
                ORDER BY announced_at
                LIMIT %(limit)s
                  FOR UPDATE SKIP LOCKED)
    RETURNING id, status, lane, attempts
"""


async def take_unpublished(
    conn: AsyncConnection, lane: Lane, *, limit: int
) -> list[RecoveredImage]:
    """Pictures of a lane that wait although no message may be left for them; dated as called."""
    async with conn.cursor(row_factory=class_row(RecoveredImage)) as cur:
        await cur.execute(TAKE_UNPUBLISHED, {"lane": lane, "limit": limit})
        return await cur.fetchall()
