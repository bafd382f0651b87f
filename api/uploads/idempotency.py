"""Idempotent submissions: a repeated request returns the job of the first one."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Header

from api.dependencies import Service
from api.uploads.multipart import Upload
from api.uploads.service import submit
from core.errors import ConflictError
from core.ids import new_id
from infra.database.queries.idempotency import IdempotencyKey, find_job
from infra.database.queries.submissions import create_job_once

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


async def submit_once(
    service: Service, uploads: Sequence[Upload], *, owner: str, key: str, webhook: str | None
) -> UUID:
    """Create a job for the files, or find the job that was created under this key.

    Idempotency keys of different owners (API keys) are independent.

    Returns:
        The id of the job.

    Raises:
        IdempotencyKeyReusedError: The key was used with other files.
        ConflictError: The key expired during the request; the client should repeat the request.
        UnavailableError: Nothing was recorded; the client should repeat the request.
    """
    once = IdempotencyKey(owner=owner, key=key, fingerprint=_fingerprint(uploads))
    earlier = await _find(service, once)
    if earlier:
        return earlier
    job_id = new_id()
    items = await submit(
        service, job_id, uploads, partial(create_job_once, once=once, webhook=webhook)
    )
    if items:
        return job_id
    earlier = await _find(service, once)  # a concurrent request with this key recorded its job
    if earlier is None:
        raise ConflictError
    return earlier


async def _find(service: Service, once: IdempotencyKey) -> UUID | None:
    async with service.database.connection() as conn:
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
