"""Read, retry and cancel jobs."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from psycopg import AsyncConnection

from api.uploads.service import Submission
from infra.database.pool import Database
from infra.database.queries import jobs, transitions
from infra.database.queries.jobs import Job, JobItem
from infra.database.queries.submissions import SubmittedFile, SubmittedItem
from infra.database.queries.transitions import Retry
from infra.database.queries.webhooks import arm_webhook

JobWithItems = tuple[Job, list[JobItem]]


async def read_job(
    database: Database, job_id: UUID, *, positions: Sequence[int] | None = None
) -> JobWithItems:
    """Return a job and its items.

    Args:
        database: Connection pool.
        job_id: The job.
        positions: Positions of the items to return; None for all items.

    Raises:
        NotFoundError: The job does not exist.
    """
    async with database.connection() as conn:
        return await _read(conn, job_id, positions)


async def _read(
    conn: AsyncConnection, job_id: UUID, positions: Sequence[int] | None = None
) -> JobWithItems:
    job = await jobs.get_job(conn, job_id)
    return job, await jobs.list_items(conn, job_id, positions=positions)


def recorded_job(job_id: UUID, submission: Submission) -> JobWithItems | None:
    """Return a new job as it was recorded, without reading it back.

    Returns:
        The job and its items; None if an image existed before and may have results.
    """
    items = [
        _recorded_item(file, item)
        for file, item in zip(submission.files, submission.items, strict=True)
    ]
    if any(each.lane is None and each.outcome != "rejected" for each in submission.items):
        return None
    outcomes = Counter(each.outcome for each in submission.items)
    recorded_at = submission.items[0].recorded_at
    job = Job(
        id=job_id,
        created_at=recorded_at,
        total=len(items),
        queued=outcomes["accepted"],
        running=0,
        done=0,
        failed=0,
        duplicate=0,
        rejected=outcomes["rejected"],
        cancelled=0,
        changed_at=recorded_at,
        read_at=recorded_at,
    )
    return job, items


def _recorded_item(file: SubmittedFile, item: SubmittedItem) -> JobItem:
    return JobItem(
        position=item.position,
        name=file.name,
        outcome=item.outcome,
        image_id=item.image_id,
        status=None if item.outcome == "rejected" else "queued",
        problem_code=file.problem_code,
        problem_detail=file.problem_detail,
        tags=[],
        scores=[],
    )


async def retry_job(database: Database, job_id: UUID) -> JobWithItems:
    """Queue the failed images of a job again, and send its webhook again when it ends.

    Raises:
        NotFoundError: The job does not exist.
    """
    async with database.connection() as conn:
        async with conn.transaction():
            if await transitions.retry_images(conn, Retry(job_id=job_id)):
                await arm_webhook(conn, job_id)
        return await _read(conn, job_id)


async def cancel_job(database: Database, job_id: UUID) -> JobWithItems:
    """Cancel the queued images of a job, except those that another active job contains.

    Raises:
        NotFoundError: The job does not exist.
    """
    async with database.connection() as conn:
        await transitions.cancel_job(conn, job_id)
        return await _read(conn, job_id)
