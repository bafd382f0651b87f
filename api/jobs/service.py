"""Read, retry and cancel jobs."""

from collections.abc import Sequence
from uuid import UUID

from infra.database.pool import Database
from infra.database.queries import jobs, transitions
from infra.database.queries.jobs import Job, JobItem
from infra.database.queries.transitions import Retry
from infra.database.queries.webhooks import arm_webhook


async def read_job(
    database: Database, job_id: UUID, *, positions: Sequence[int] | None = None
) -> tuple[Job, list[JobItem]]:
    """Return a job and its items.

    Args:
        database: Connection pool.
        job_id: The job.
        positions: Positions of the items to return; None for all items.

    Raises:
        NotFoundError: The job does not exist.
    """
    async with database.connection() as conn:
        job = await jobs.get_job(conn, job_id)
        return job, await jobs.list_items(conn, job_id, positions=positions)


async def retry_job(database: Database, job_id: UUID) -> None:
    """Queue the failed images of a job again, and send its webhook again when it ends.

    Raises:
        NotFoundError: The job does not exist.
    """
    async with database.connection() as conn:
        await jobs.get_job(conn, job_id)
        async with conn.transaction():
            if await transitions.retry_images(conn, Retry(job_id=job_id)):
                await arm_webhook(conn, job_id)


async def cancel_job(database: Database, job_id: UUID) -> None:
    """Cancel the queued images of a job, except those that another active job contains.

    Raises:
        NotFoundError: The job does not exist.
    """
    async with database.connection() as conn:
        await jobs.get_job(conn, job_id)
        await transitions.cancel_job(conn, job_id)
