"""Read jobs: their current counts and items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString, Self
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import args_row, class_row

from core.errors import NotFoundError
from core.types import ImageStatus, Outcome
from infra.database.queries.images import read_scores

JobStatus = Literal["queued", "running", "done", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job with its item counts. `total` is always the sum of the other seven counts."""

    id: UUID
    created_at: datetime
    total: int
    queued: int
    running: int
    done: int
    failed: int
    duplicate: int
    rejected: int
    cancelled: int
    changed_at: datetime
    read_at: datetime

    @property
    def status(self) -> JobStatus:
        """The state of the job, derived from its counts."""
        if self.queued + self.running == 0:
            finished = self.done + self.failed + self.duplicate + self.rejected
            return "cancelled" if self.cancelled and not finished else "done"
        started = self.running + self.done + self.failed
        return "running" if started else "queued"


# A job may have thousands of items: not frozen and without keywords for speed, like `Image`.
@dataclass(slots=True)
class JobItem:
    """One file of a job with the current state of its image.

    The tags are in ascending order of their scores.
    """

    position: int
    name: str
    outcome: Outcome
    image_id: UUID | None
    status: ImageStatus | None
    problem_code: str | None
    problem_detail: str | None
    tags: list[int]
    scores: list[float]

    @classmethod
    def read(cls, *row: object) -> Self:
        """Create an instance from a row of `LIST_ITEMS`."""
        return cls(*row[:-1], read_scores(str(row[-1])))  # type: ignore[arg-type, call-arg]


# An accepted item counts under the current state of its image, or the last one before the purge.
_JOB_COLUMNS: LiteralString = """
    SELECT j.id, j.created_at, now() AS read_at,
           greatest(j.created_at, max(k.changed_at)) AS changed_at,
           count(k.position) AS total,
           count(*) FILTER (WHERE k.state = 'queued') AS queued,
           count(*) FILTER (WHERE k.state = 'running') AS running,
           count(*) FILTER (WHERE k.state = 'done') AS done,
           count(*) FILTER (WHERE k.state = 'failed') AS failed,
           count(*) FILTER (WHERE k.state = 'duplicate') AS duplicate,
           count(*) FILTER (WHERE k.state = 'rejected') AS rejected,
           count(*) FILTER (WHERE k.state = 'cancelled') AS cancelled
      FROM jobs AS j
      LEFT JOIN LATERAL (
               SELECT t.position, i.changed_at,
                      CASE WHEN t.outcome = 'accepted' THEN coalesce(i.status, t.last_status)
                           ELSE t.outcome END AS state
                 FROM job_items AS t
                 LEFT JOIN images AS i ON i.id = t.image_id
                WHERE t.job_id = j.id) AS k ON true
"""

# The subquery hides the id from the planner, which then estimates the same number of items for all
# jobs, and Postgres reuses a generic plan instead of planning each poll.
_JOB_ID: LiteralString = "(SELECT %(job_id)s::uuid)"

GET_JOB = f"""
    {_JOB_COLUMNS}
     WHERE j.id = {_JOB_ID}
     GROUP BY j.id
"""


async def get_job(conn: AsyncConnection, job_id: UUID) -> Job:
    """Return a job with its counts.

    Raises:
        NotFoundError: No job has this id.
    """
    async with conn.cursor(row_factory=class_row(Job)) as cur:
        await cur.execute(GET_JOB, {"job_id": job_id})
        job = await cur.fetchone()
    if job is None:
        raise NotFoundError(f"There is no job {job_id}.")
    return job


JOB_EXISTS = """
    SELECT
      FROM jobs
     WHERE id = %(job_id)s
       AND (%(key_id)s::uuid IS NULL OR key_id = %(key_id)s)
"""


async def require_job(conn: AsyncConnection, job_id: UUID, *, key_id: UUID | None = None) -> None:
    """Check that a job exists and, if a key is given, that it created the job.

    Raises:
        NotFoundError: No such job.
    """
    cur = await conn.execute(JOB_EXISTS, {"job_id": job_id, "key_id": key_id})
    if not cur.rowcount:
        raise NotFoundError(f"There is no job {job_id}.")


LIST_JOBS = f"""
    {_JOB_COLUMNS}
     WHERE j.id IN (
               SELECT id
                 FROM jobs
                WHERE %(after_time)s::timestamptz IS NULL
                   OR (created_at, id) < (%(after_time)s, %(after_id)s::uuid)
                ORDER BY created_at DESC, id DESC
                LIMIT %(limit)s)
     GROUP BY j.id
     ORDER BY j.created_at DESC, j.id DESC
"""


async def list_jobs(
    conn: AsyncConnection, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Job]:
    """Return the page of jobs that follows `after` (creation time and id), newest first."""
    after_time, after_id = after or (None, None)
    async with conn.cursor(row_factory=class_row(Job)) as cur:
        await cur.execute(
            LIST_JOBS, {"after_time": after_time, "after_id": after_id, "limit": limit}
        )
        return await cur.fetchall()


COUNT_JOBS = "SELECT count(*) FROM jobs"


async def count_jobs(conn: AsyncConnection) -> int:
    """Return the number of all jobs."""
    cur = await conn.execute(COUNT_JOBS)
    return int((await anext(cur))[0])


LIST_ITEMS = f"""
    SELECT t.position, t.name, t.outcome, t.image_id,
           CASE WHEN t.outcome <> 'rejected' THEN coalesce(i.status, t.last_status) END AS status,
           coalesce(t.problem_code, i.failure_code) AS problem_code,
           coalesce(t.problem_detail, i.failure_detail) AS problem_detail,
           CASE WHEN i.status = 'done' THEN coalesce(i.model_tags, i.tags) ELSE '{{}}' END AS tags,
           CASE WHEN i.status = 'done' THEN coalesce(i.model_scores, i.scores)::text
                ELSE '{{}}' END AS scores
      FROM job_items AS t
      LEFT JOIN images AS i ON i.id = t.image_id
     WHERE t.job_id = {_JOB_ID}
       AND (%(positions)s::integer[] IS NULL OR t.position = ANY(%(positions)s))
       AND (%(changed_since)s::timestamptz IS NULL
            OR i.changed_at >= %(changed_since)s
            OR t.changed_at >= %(changed_since)s)
     ORDER BY t.position
"""


async def list_items(
    conn: AsyncConnection,
    job_id: UUID,
    *,
    positions: Sequence[int] | None = None,
    changed_since: datetime | None = None,
) -> list[JobItem]:
    """Return the items of a job in the order of their positions.

    Args:
        conn: The connection.
        job_id: The job. The result is empty if no such job exists.
        positions: Only items at these positions; None for all.
        changed_since: Only items that were added or whose image changed since; None for all.
    """
    async with conn.cursor(row_factory=args_row(JobItem.read), binary=True) as cur:
        await cur.execute(
            LIST_ITEMS,
            {
                "job_id": job_id,
                "positions": None if positions is None else list(positions),
                "changed_since": changed_since,
            },
        )
        return await cur.fetchall()
