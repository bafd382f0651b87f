"""Cancel the queued images of a job."""

from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import scalar_row

from infra.database.queries.transitions.columns import notify_changes

# Images that another job has submitted as well stay queued, unless that job is cancelled.
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
    """Cancel a job and its queued images, notify listeners, and return the ids of the images."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(CANCEL_JOB, {"job_id": job_id})
        changed = await cur.fetchall()
    await notify_changes(conn)
    return changed
