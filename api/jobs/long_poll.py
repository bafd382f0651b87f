"""Long polling of a job, and the entity tags that identify its states."""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from api.concurrency import ConcurrencyLimit
from api.dependencies import resource
from api.jobs.listener import JobListener
from infra.database.pool import Database
from infra.database.queries.jobs import Job, get_job

MAX_WAIT_SECONDS = 25.0
# The first change is checked immediately, for submissions of a single image. Later changes are
# collected for this long, so that a job with thousands of items is not read after each batch.
_RECHECK_SECONDS = 0.1
# Interval of reads without a notification, in case the listener is disconnected.
_MAX_NOTIFICATION_SECONDS = 1.0

LongPollSlotsDep = Annotated[ConcurrencyLimit, resource("long_poll_slots")]


@dataclass(frozen=True, slots=True)
class LongPoll:
    """Waits for changes of jobs."""

    database: Database
    listener: JobListener

    async def wait_for_change(
        self, job_id: UUID, *, seconds: float, known: set[str], items: str
    ) -> Job:
        """Return the job once it differs from the states that the client has, or has ended.

        Args:
            job_id: The job.
            seconds: Maximum waiting time; capped at `MAX_WAIT_SECONDS`.
            known: Entity tags that the client has; if empty, the state at the time of the call.
            items: Value of the parameter `items`, which is part of the entity tag.

        Raises:
            NotFoundError: The job does not exist.
        """
        deadline = time.monotonic() + min(seconds, MAX_WAIT_SECONDS)
        change = self.listener.next()
        job = await self._read(job_id)
        known = known or {etag(job, items)}
        pause = 0.0
        while etag(job, items) in known and job.status in ("queued", "running"):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            await change.wait(min(left, _MAX_NOTIFICATION_SECONDS))
            await asyncio.sleep(min(left, pause))
            pause = _RECHECK_SECONDS
            change = self.listener.next()
            job = await self._read(job_id)
        return job

    async def _read(self, job_id: UUID) -> Job:
        async with self.database.connection() as conn:
            return await get_job(conn, job_id)


def etag(job: Job, items: str) -> str:
    """Return the entity tag of a job, with or without its items."""
    state = (job.id, job.total, job.queued, job.running, job.changed_at, items)
    return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:20]}"'


def parse_etags(if_none_match: str | None) -> set[str]:
    """Return the entity tags of If-None-Match, without the prefix `W/` that proxies may add."""
    tags = (if_none_match or "").split(",")
    return {tag.strip().removeprefix("W/") for tag in tags if tag.strip()}
