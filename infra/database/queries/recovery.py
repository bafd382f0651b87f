"""Sweeper: its advisory lock, and the queued images to publish again."""

from psycopg import AsyncConnection
from psycopg.rows import class_row

from core.types import Lane
from infra.database.queries.transitions import PUBLISH_DELAY, RecoveredImage

# Session-level advisory lock. Only the process that holds it runs the sweeper.
TRY_SWEEPER_LOCK = "SELECT pg_try_advisory_lock(hashtext('gallery.sweeper'))"


async def try_sweeper_lock(conn: AsyncConnection) -> bool:
    """Acquire the sweeper lock for the lifetime of the connection; return whether it succeeded."""
    cur = await conn.execute(TRY_SWEEPER_LOCK)
    row = await cur.fetchone()
    return row is not None and bool(row[0])


# Exponential backoff: each message that leads to no claim doubles the delay, from 10 s to 5 min.
# A time more than 1 min in the future, which exceeds the delay of a release, is due to a changed
# clock and counts as expired.
TAKE_UNPUBLISHED = f"""
    UPDATE images
       SET announced_at = now(),
           announcements = least(announcements + 1, 100)
     WHERE id IN (
               SELECT id
                 FROM images
                WHERE status = 'queued'
                  AND lane = %(lane)s
                  AND (announced_at < now() - least(
                           {PUBLISH_DELAY} * power(2, least(announcements, 5)),
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
    """Return queued images of a lane whose message may be lost, and mark them as published now."""
    async with conn.cursor(row_factory=class_row(RecoveredImage)) as cur:
        await cur.execute(TAKE_UNPUBLISHED, {"lane": lane, "limit": limit})
        return await cur.fetchall()
