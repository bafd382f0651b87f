"""Idempotent submissions: a repeated request returns the job of the first one."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Header

from api.uploads.multipart import Upload
from api.uploads.service import Submission, Submissions
from core.errors import ConflictError, IdempotencyKeyReusedError
from core.ids import new_id
from infra.database.pool import Database
from infra.database.queries.idempotency import IdempotencyKey, find_job, list_positions

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Unique value that you generate for this submission, such as a UUID. Repeating "
        "the request with the same key and files within 24 hours returns the same job.",
    ),
]


def identify(uploads: Sequence[Upload], *, owner: str, key: str) -> IdempotencyKey:
    """Return what identifies a submission. Keys of different owners (API keys) are independent."""
    return IdempotencyKey(owner=owner, key=key, fingerprint=_fingerprint(uploads))


async def submit_once(
    submissions: Submissions,
    database: Database,
    uploads: Sequence[Upload],
    once: IdempotencyKey,
    *,
    webhook: str | None,
) -> tuple[UUID, Submission | None]:
    """Create a job for the files, or find the job that was created under this key.

    Returns:
        The id of the job, and what was recorded; None for an earlier job.

    Raises:
        IdempotencyKeyReusedError: The key was used with other files.
        ConflictError: The key expired during the request; the client should repeat the request.
        UnavailableError: Nothing was recorded; the client should repeat the request.
    """
    earlier = await _find(database, once)
    if earlier:
        return earlier, None
    job_id = new_id()
    record = partial(submissions.create_job_once, job_id, webhook, once)
    submission = await submissions.submit(job_id, uploads, record)
    if submission.items:
        return job_id, submission
    earlier = await _find(database, once)  # a concurrent request with this key recorded its job
    if earlier is None:
        raise ConflictError
    return earlier, None


async def extend_once(
    submissions: Submissions,
    database: Database,
    job_id: UUID,
    uploads: Sequence[Upload],
    once: IdempotencyKey,
) -> list[int]:
    """Add the files to a job, or find what was added under this key.

    Returns:
        The positions of the items.

    Raises:
        IdempotencyKeyReusedError: The key was used with other files or another job.
        UnavailableError: Nothing was recorded; the client should repeat the request.
    """
    if await _find(database, once) is None:
        record = partial(submissions.extend_job_once, job_id, once)
        submission = await submissions.submit(job_id, uploads, record)
        if submission.items:
            return [item.position for item in submission.items]
    async with database.connection() as conn:
        if await find_job(conn, once) != job_id:
            raise IdempotencyKeyReusedError
        return await list_positions(conn, once)


async def _find(database: Database, once: IdempotencyKey) -> UUID | None:
    async with database.connection() as conn:
        return await find_job(conn, once)


def _fingerprint(uploads: Sequence[Upload]) -> bytes:
    """Return a SHA-256 of names, sizes and contents, in order.

    The raw body is unsuitable: clients choose a new multipart boundary for each attempt.
    """
    digest = hashlib.sha256()
    for upload in uploads:
        name = upload.name.encode("utf-8", "surrogatepass")
        digest.update(b"%d %b %d %b" % (len(name), name, upload.size, upload.sha256))
    return digest.digest()
