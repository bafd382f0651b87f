"""Reclaim running images from dead or delayed workers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from core.types import DEAD_AFTER, Lane
from infra.database.queries.transitions.columns import assign, choose, failed, queued_again

# If the sweeper itself paused for longer than this, other processes may have been cut off as well.
# Shorter than DEAD_AFTER by more than two heartbeats; otherwise the sweeper could declare a live
# worker dead.
MAX_PAUSE = timedelta(seconds=8)

# Number of crashes after which an image is still queued again. A suspect is claimed alone, so the
# image caused the next crash and is quarantined: it fails with the code `crashed_worker`.
CRASHES_ALLOWED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredImage:
    """An image to publish again (`queued`), or a quarantined one (`failed`)."""

    id: UUID
    status: Literal["queued", "failed"]
    lane: Lane
    attempts: int


_RECLAIMED = choose(
    "a.is_quarantined",
    failed(
        code="'crashed_worker'",
        detail="'The worker crashed or hung twice while processing this image.'",
    ),
    otherwise=queued_again(attempts="a.attempts", published_at="now()"),
)

# A worker without a recent heartbeat is dead: its images are reclaimed before their leases expire,
# and the attempt counts as a crash. If a lease has expired although the worker is alive, the image
# is not the cause of the delay, and the attempt is not counted.
#
# A sweeper reclaims images only after its own heartbeat, on the clock of Postgres, has had no pause
# for at least DEAD_AFTER. After an outage of Postgres or a change of its clock, all heartbeats look
# old until workers have had time to send new ones. Heartbeats in the future are due to a changed
# clock and count as missing.
RECLAIM_EXPIRED = f"""
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
               NOT h.is_alive AND i.attempts > %(crashes_allowed)s AS is_quarantined
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
       SET {assign(_RECLAIMED)}
      FROM abandoned AS a
     WHERE images.id = a.id
    RETURNING images.id, images.status, images.lane, images.attempts
"""


async def reclaim_expired(
    conn: AsyncConnection, *, longest_lease: timedelta, limit: int
) -> list[RecoveredImage]:
    """Reclaim images whose worker is dead or whose lease has expired.

    Images return to the queue; those that crashed a worker twice fail.

    Args:
        conn: The connection of the sweeper.
        longest_lease: Duration of a lease. A lease that expires later than this from now was dated
            by a wrong clock and counts as expired.
        limit: Maximum number of images to reclaim.
    """
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
