"""Trying again, and calling off: pictures back to the queue, or out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import scalar_row

from infra.database.queries.leases import CHANGES_CHANNEL
from infra.database.queries.submissions import BULK_FROM

Ended = Literal["failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What is to be tried again: ended so, and of a job or among some ids where that is said."""

    ended: Sequence[Ended] = ("failed",)
    job_id: UUID | None = None
    ids: Sequence[UUID] | None = None


# A picture that killed its worker stays a suspect: its next crash is its last. The announcement
# is dated so that the next sweep, within two seconds, calls the pictures; a single one is
# waited for, many are a bulk load. A job that is tried again is no longer cancelled.
RETRY_IMAGES = """
    WITH again AS (
        SELECT i.id
          FROM images AS i
         WHERE i.status = ANY(%(ended)s)
           AND (%(ids)s::uuid[] IS NULL OR i.id = ANY(%(ids)s))
           AND (%(ids)s::uuid[] IS NOT NULL OR i.deleted_at IS NULL)
           AND (%(job_id)s::uuid IS NULL OR i.id IN (
                   SELECT image_id
                     FROM job_items
                    WHERE job_id = %(job_id)s))
         ORDER BY i.sha256
           FOR UPDATE
    ),
    resumed AS (
        UPDATE jobs SET cancelled_at = NULL WHERE id = %(job_id)s AND cancelled_at IS NOT NULL
    )
    UPDATE images
       SET status = 'queued',
           lane = CASE WHEN (SELECT count(*) FROM again) > %(bulk_from)s
                       THEN 'bulk' ELSE 'interactive' END,
           attempts = CASE WHEN failure_code = 'crashed_worker' THEN 1 ELSE 0 END,
           failure_code = NULL,
           failure_detail = NULL,
           announced_at = now() - interval '10 seconds',
           announcements = 0,
           waiting_since = now(),
           changed_at = now()
     WHERE id IN (SELECT id FROM again)
    RETURNING id
"""


async def retry_images(conn: AsyncConnection, which: Retry) -> list[UUID]:
    """Queue pictures again that failed or were cancelled; return those that changed."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(
            RETRY_IMAGES,
            {
                "ended": list(which.ended),
                "job_id": which.job_id,
                "ids": None if which.ids is None else list(which.ids),
                "bulk_from": BULK_FROM,
            },
        )
        changed = await cur.fetchall()
    await _notify_changes(conn)
    return changed


# What another job still waits for goes on: a job calls off its own wish, not somebody else's.
CANCEL_JOB = """
    WITH job AS (
        UPDATE jobs
           SET cancelled_at = coalesce(cancelled_at, now())
         WHERE id = %(job_id)s
        RETURNING id
    ),
    unwanted AS (
        SELECT i.id
          FROM job
          JOIN job_items AS t ON t.job_id = job.id
          JOIN images AS i ON i.id = t.image_id
         WHERE i.status = 'queued'
           AND NOT EXISTS (
                   SELECT
                     FROM job_items AS o
                     JOIN jobs AS other ON other.id = o.job_id
                    WHERE o.image_id = i.id
                      AND o.job_id <> job.id
                      AND other.cancelled_at IS NULL)
         ORDER BY i.sha256
           FOR UPDATE OF i
    )
    UPDATE images
       SET status = 'cancelled',
           changed_at = now()
     WHERE id IN (SELECT id FROM unwanted)
       AND status = 'queued'
    RETURNING id
"""


async def cancel_job(conn: AsyncConnection, job_id: UUID) -> list[UUID]:
    """Take a job's waiting pictures off the queue; return those that changed."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(CANCEL_JOB, {"job_id": job_id})
        changed = await cur.fetchall()
    await _notify_changes(conn)
    return changed


async def _notify_changes(conn: AsyncConnection) -> None:
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANGES_CHANNEL})
