"""Write submissions: their jobs, items and new images, in one statement."""

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

    job_id: UUID
    position: int
    outcome: Outcome
    image_id: UUID | None
    lane: Lane | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to create.

    Attributes:
        id: Id of the job.
        files: Its files.
        webhook: URL that receives a request when the job has ended; None for no webhook.
        key_id: API key that creates the job; None without a key.
    """

    id: UUID
    files: Sequence[SubmittedFile]
    webhook: str | None = None
    key_id: UUID | None = None


_NEW_WEBHOOKS: LiteralString = """
    webhook AS (
        INSERT INTO webhooks (job_id, url, armed_at)
        SELECT job.id, url, now()
          FROM job
          JOIN unnest(%(new_jobs)s::uuid[], %(webhooks)s::text[]) AS given (job_id, url)
            ON given.job_id = job.id
         WHERE url IS NOT NULL
    ),
"""

CREATE_JOBS: LiteralString = f"""
    WITH job AS (
        INSERT INTO jobs (id, item_count, key_id)
        SELECT * FROM unnest(%(new_jobs)s::uuid[], %(counts)s::integer[], %(key_ids)s::uuid[])
        RETURNING id, item_count, 0 AS base
    ),
    {_NEW_WEBHOOKS}
"""

# Of two concurrent submissions with the same key, one inserts the key. The other waits for the
# commit, finds the key and inserts neither job nor items.
_NEW_KEY: LiteralString = """
    key AS (
        INSERT INTO idempotency_keys AS known (owner, key, fingerprint, job_id)
        VALUES (%(owner)s, %(key)s, %(fingerprint)s, (%(new_jobs)s::uuid[])[1])
            ON CONFLICT (owner, key) DO UPDATE
           SET fingerprint = excluded.fingerprint, job_id = excluded.job_id, created_at = now()
         WHERE known.created_at <= now() - %(remembered_for)s
        RETURNING job_id
    ),
"""

CREATE_JOB_ONCE: LiteralString = f"""
    WITH {_NEW_KEY}
    job AS (
        INSERT INTO jobs (id, item_count, key_id)
        SELECT job_id, (%(counts)s::integer[])[1], (%(key_ids)s::uuid[])[1]
          FROM key
        RETURNING id, item_count, 0 AS base
    ),
    {_NEW_WEBHOOKS}
"""

_ARMED_WEBHOOK: LiteralString = """
    webhook AS (
        UPDATE webhooks SET armed_at = now() FROM job WHERE webhooks.job_id = job.id
    ),
"""

EXTEND_JOB: LiteralString = f"""
    WITH job AS (
        UPDATE jobs
           SET item_count = item_count + (%(counts)s::integer[])[1]
         WHERE id = (%(new_jobs)s::uuid[])[1]
        RETURNING id, item_count, item_count - (%(counts)s::integer[])[1] AS base
    ),
    {_ARMED_WEBHOOK}
"""

EXTEND_JOB_ONCE: LiteralString = f"""
    WITH {_NEW_KEY}
    job AS (
        UPDATE jobs
           SET item_count = item_count + (%(counts)s::integer[])[1]
          FROM key
         WHERE id = key.job_id
        RETURNING id, item_count, item_count - (%(counts)s::integer[])[1] AS base
    ),
    {_ARMED_WEBHOOK}
"""


async def create_jobs(
    conn: AsyncConnection, new_jobs: Sequence[NewJob]
) -> list[list[SubmittedItem]]:
    """Create jobs with one item per file and return the items of each job, in order."""
    items: dict[UUID, list[SubmittedItem]] = {job.id: [] for job in new_jobs}
    for item in await _submit(conn, CREATE_JOBS, new_jobs):
        items[item.job_id].append(item)
    return list(items.values())


async def create_job_once(
    conn: AsyncConnection, new_job: NewJob, once: IdempotencyKey
) -> list[SubmittedItem]:
    """Create a job like `create_jobs`, or return no items if the idempotency key is in use."""
    return await _submit(conn, CREATE_JOB_ONCE, [new_job], _key_parameters(once))


async def extend_job(
    conn: AsyncConnection, job_id: UUID, files: Sequence[SubmittedFile]
) -> list[SubmittedItem]:
    """Add files to a job and return the added items.

    Raises:
        NotFoundError: No job has this id.
    """
    items = await _submit(conn, EXTEND_JOB, [NewJob(id=job_id, files=files)])
    if not items:
        raise NotFoundError(f"There is no job {job_id}.")
    return items


async def extend_job_once(
    conn: AsyncConnection, job_id: UUID, files: Sequence[SubmittedFile], once: IdempotencyKey
) -> list[SubmittedItem]:
    """Add files like `extend_job`, or return no items if the idempotency key is in use."""
    new_job = NewJob(id=job_id, files=files)
    return await _submit(conn, EXTEND_JOB_ONCE, [new_job], _key_parameters(once))


def _key_parameters(once: IdempotencyKey) -> dict[str, object]:
    return {
        "owner": once.owner,
        "key": once.key,
        "fingerprint": once.fingerprint,
        "remembered_for": IDEMPOTENCY_KEY_LIFETIME,
    }


async def _submit(
    conn: AsyncConnection,
    job: LiteralString,
    new_jobs: Sequence[NewJob],
    more: Mapping[str, object] | None = None,
) -> list[SubmittedItem]:
    files = [file for each in new_jobs for file in each.files]
    images = [file.image for file in files]
    parameters: dict[str, object] = {
        "new_jobs": [each.id for each in new_jobs],
        "counts": [len(each.files) for each in new_jobs],
        "webhooks": [each.webhook for each in new_jobs],
        "key_ids": [each.key_id for each in new_jobs],
        "bulk_from": BULK_FROM,
        "job_ids": [each.id for each in new_jobs for _ in each.files],
        "ordinals": [ordinal for each in new_jobs for ordinal in range(len(each.files))],
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
    """Return a new id for each image whose bytes occur for the first time in the statement.

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
