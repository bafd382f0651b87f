"""Write a submission: its job, its items and its new images, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from core.errors import NotFoundError
from core.ids import new_id
from core.types import BULK_FROM, Lane, Outcome
from infra.database.queries.idempotency import IDEMPOTENCY_KEY_LIFETIME, IdempotencyKey
from infra.database.queries.transitions import submit_images


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """Metadata of a validated file whose original is in object storage."""

    sha256: bytes
    media_type: str
    bytes: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedFile:
    """One file of a submission: the image in `image`, or the problem that rejects the file."""

    name: str
    image: StoredImage | None = None
    problem_code: str | None = None
    problem_detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedItem:
    """The item of a submitted file. `lane` is set if the image must be published."""

    position: int
    outcome: Outcome
    image_id: UUID | None
    lane: Lane | None
    recorded_at: datetime


_NEW_WEBHOOK: LiteralString = """
    webhook AS (
        INSERT INTO webhooks (job_id, url, armed_at)
        SELECT id, %(webhook)s, now()
          FROM job
         WHERE %(webhook)s::text IS NOT NULL
    ),
"""

CREATE_JOB: LiteralString = f"""
    WITH job AS (
        INSERT INTO jobs (id, item_count, key_id)
        VALUES (%(job_id)s, %(count)s, %(key_id)s)
        RETURNING id, item_count, 0 AS base
    ),
    {_NEW_WEBHOOK}
"""

# Of two concurrent submissions with the same key, one inserts the key. The other waits for the
# commit, finds the key and inserts neither job nor items.
CREATE_JOB_ONCE: LiteralString = f"""
    WITH key AS (
        INSERT INTO idempotency_keys AS known (owner, key, fingerprint, job_id)
        VALUES (%(owner)s, %(key)s, %(fingerprint)s, %(job_id)s)
            ON CONFLICT (owner, key) DO UPDATE
           SET fingerprint = excluded.fingerprint, job_id = excluded.job_id, created_at = now()
         WHERE known.created_at <= now() - %(remembered_for)s
        RETURNING job_id
    ),
    job AS (
        INSERT INTO jobs (id, item_count, key_id)
        SELECT job_id, %(count)s, %(key_id)s::uuid
          FROM key
        RETURNING id, item_count, 0 AS base
    ),
    {_NEW_WEBHOOK}
"""

EXTEND_JOB: LiteralString = """
    WITH job AS (
        UPDATE jobs
           SET item_count = item_count + %(count)s
         WHERE id = %(job_id)s
        RETURNING id, item_count, item_count - %(count)s AS base
    ),
    webhook AS (
        UPDATE webhooks SET armed_at = now() FROM job WHERE webhooks.job_id = job.id
    ),
"""


async def create_job(
    conn: AsyncConnection,
    job_id: UUID,
    files: Sequence[SubmittedFile],
    *,
    webhook: str | None = None,
    key_id: UUID | None = None,
) -> list[SubmittedItem]:
    """Create a job with one item per file and return the items, in order.

    Args:
        conn: The connection.
        job_id: Id of the new job.
        files: The files.
        webhook: URL that receives a request when the job has ended; None for no webhook.
        key_id: API key that creates the job; None without a key.
    """
    return await _submit(conn, CREATE_JOB, job_id, files, {"webhook": webhook, "key_id": key_id})


async def create_job_once(
    conn: AsyncConnection,
    job_id: UUID,
    files: Sequence[SubmittedFile],
    *,
    once: IdempotencyKey,
    webhook: str | None = None,
) -> list[SubmittedItem]:
    """Create a job like `create_job`, or return no items if the idempotency key is in use."""
    more = {
        "webhook": webhook,
        "key_id": once.owner or None,  # the id of the API key, if there was one
        "owner": once.owner,
        "key": once.key,
        "fingerprint": once.fingerprint,
        "remembered_for": IDEMPOTENCY_KEY_LIFETIME,
    }
    return await _submit(conn, CREATE_JOB_ONCE, job_id, files, more)


async def extend_job(
    conn: AsyncConnection, job_id: UUID, files: Sequence[SubmittedFile]
) -> list[SubmittedItem]:
    """Add files to a job and return the added items.

    Raises:
        NotFoundError: No job has this id.
    """
    items = await _submit(conn, EXTEND_JOB, job_id, files)
    if not items:
        raise NotFoundError(f"There is no job {job_id}.")
    return items


async def _submit(
    conn: AsyncConnection,
    job: LiteralString,
    job_id: UUID,
    files: Sequence[SubmittedFile],
    more: Mapping[str, object] | None = None,
) -> list[SubmittedItem]:
    images = [file.image for file in files]
    parameters: dict[str, object] = {
        "job_id": job_id,
        "count": len(files),
        "bulk_from": BULK_FROM,
        "ordinals": list(range(len(files))),
        "names": [file.name for file in files],
        "image_ids": _ids_of_first_occurrences(images),
        "hashes": [image and image.sha256 for image in images],
        "media_types": [image and image.media_type for image in images],
        "sizes": [image and image.bytes for image in images],
        "widths": [image and image.width for image in images],
        "heights": [image and image.height for image in images],
        "problem_codes": [file.problem_code for file in files],
        "problem_details": [file.problem_detail for file in files],
    }
    async with conn.cursor(row_factory=class_row(SubmittedItem)) as cur:
        return await submit_images(cur, job, parameters | dict(more or {}))


def _ids_of_first_occurrences(images: Sequence[StoredImage | None]) -> list[UUID | None]:
    """Return a new id for each image whose bytes occur for the first time in the submission.

    ON CONFLICT DO UPDATE can change a row only once, so equal files are inserted only once.
    """
    seen: set[bytes] = set()
    ids: list[UUID | None] = []
    for image in images:
        if image is None or image.sha256 in seen:
            ids.append(None)
        else:
            seen.add(image.sha256)
            ids.append(new_id())
    return ids
