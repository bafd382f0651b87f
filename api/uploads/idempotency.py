"""One submission, one job, however often it is sent."""

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
        description="Your own name for this submission, such as a UUID. Sent again with the same "
        "files within a day, it answers with the same job instead of making another.",
    ),
]


async def submit_once(
    service: Service, uploads: Sequence[Upload], *, owner: str, key: str, webhook: str | None
) -> UUID:
    """Make a job of the files, or find the one that was made of them under this key.

    Raises:
        IdempotencyKeyReusedError: the key stands for other files.
        ConflictError: the key was forgotten in this very moment; send the request again.
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
    earlier = await _find(service, once)  # whoever sent it at the same time was first
    if earlier is None:
        raise ConflictError
    return earlier


async def _find(service: Service, once: IdempotencyKey) -> UUID | None:
    async with service.database.connection() as conn:
        return await find_job(conn, once)


def _fingerprint(uploads: Sequence[Upload]) -> bytes:
    """Names, lengths and contents, in order; not how the form's boundary was chosen."""
    whole = hashlib.sha256()
    for upload in uploads:
        name = upload.name.encode("utf-8", "surrogatepass")
        whole.update(b"%d %b %d %b" % (len(name), name, upload.size, upload.sha256))
    return whole.digest()
