"""Writing a submission: its job, its items and its new pictures, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from core.errors import NotFoundError
from core.ids import new_id
from core.types import Lane, Outcome
from infra.database.queries.idempotency import IDEMPOTENCY_KEY_LIFETIME, IdempotencyKey

# A job that has grown past this many files no longer overtakes others: see docs/architecture.md.
BULK_FROM = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """What is known of a file that passed the door and is in object storage."""

    sha256: bytes
    media_type: str
    bytes: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedFile:
    """One file of a submission: a picture, or the reason why it is none."""

    name: str
    picture: StoredImage | None = None
    problem_code: str | None = None
    problem_detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedItem:
    """What became of a file. `lane` is set where the picture waits to be announced."""

    position: int
    outcome: Outcome
    image_id: UUID | None
    lane: Lane | None


_NEW_JOB: LiteralString = """
    WITH job AS (
        INSERT INTO jobs (id, item_count)
        VALUES (%(job_id)s, %(count)s)
        RETURNING id, item_count, 0 AS base
    ),
"""

# Of two at the same time one inserts; the other waits for it and then makes no job at all.
_NEW_JOB_ONCE: LiteralString = """
    WITH key AS (
        INSERT INTO idempotency_keys AS known (owner, key, fingerprint, job_id)
        VALUES (%(owner)s, %(key)s, %(fingerprint)s, %(job_id)s)
            ON CONFLICT (owner, key) DO UPDATE
           SET fingerprint = excluded.fingerprint, job_id = excluded.job_id, created_at = now()
         WHERE known.created_at <= now() - %(remembered_for)s
        RETURNING job_id
    ),
    job AS (
        INSERT INTO jobs (id, item_count)
        SELECT job_id, %(count)s
          FROM key
        RETURNING id, item_count, 0 AS base
    ),
"""

_NEW_WEBHOOK: LiteralString = """
    webhook AS (
        INSERT INTO webhooks (job_id, url, armed_at)
        SELECT id, %(webhook)s, now()
          FROM job
         WHERE %(webhook)s::text IS NOT NULL
    ),
"""

_GROWN_JOB: LiteralString = """
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

# A picture that is in the gallery already stays as it is, its turn in the queue, too: nobody calls
# it anew. One in the trash, failed or cancelled comes back as if new: whoever sends it again wants
# it. But what killed its worker stays a suspect. Either way created_at tells: it is this
# transaction's now() for pictures that this submission brought in.
_HAS_ENDED: LiteralString = "images.status IN ('failed', 'cancelled')"
_COMES_BACK: LiteralString = f"(images.deleted_at IS NOT NULL OR {_HAS_ENDED})"

_SUBMIT: LiteralString = f"""
    files AS (
        SELECT *
          FROM unnest(
                   %(ordinals)s::integer[], %(names)s::text[], %(image_ids)s::uuid[],
                   %(hashes)s::bytea[], %(media_types)s::text[], %(sizes)s::bigint[],
                   %(widths)s::integer[], %(heights)s::integer[],
                   %(problem_codes)s::text[], %(problem_details)s::text[]
               ) AS f (ordinal, name, image_id, sha256, media_type, bytes, width, height,
                       problem_code, problem_detail)
    ),
    pictures AS (
        INSERT INTO images (id, sha256, name, media_type, bytes, width, height, lane)
        SELECT f.image_id, f.sha256, f.name, f.media_type, f.bytes, f.width, f.height,
               CASE WHEN job.item_count > %(bulk_from)s THEN 'bulk' ELSE 'interactive' END
          FROM files AS f
         CROSS JOIN job
         WHERE f.image_id IS NOT NULL
         ORDER BY f.sha256                -- so that no two submissions wait for each other
            ON CONFLICT (sha256) DO UPDATE
           SET status = CASE WHEN {_HAS_ENDED} THEN 'queued' ELSE images.status END,
               attempts = CASE WHEN images.failure_code = 'crashed_worker' THEN 1
                               WHEN {_HAS_ENDED} THEN 0 ELSE images.attempts END,
               failure_code = NULL,
               failure_detail = NULL,
               lane = CASE WHEN {_COMES_BACK} THEN excluded.lane ELSE images.lane END,
               announced_at = CASE WHEN {_COMES_BACK} THEN now() ELSE images.announced_at END,
               announcements = CASE WHEN {_COMES_BACK} THEN 0 ELSE images.announcements END,
               waiting_since = CASE WHEN {_HAS_ENDED} THEN now() ELSE images.waiting_since END,
               name = CASE WHEN {_COMES_BACK} THEN excluded.name ELSE images.name END,
               created_at = CASE WHEN {_COMES_BACK} THEN now() ELSE images.created_at END,
               deleted_at = NULL,
               changed_at = now()
        RETURNING id, sha256, lane, status, created_at = now() AS is_new
    ),
    named AS (
        DELETE FROM unnamed_objects AS u USING pictures AS p WHERE u.sha256 = p.sha256
    ),
    items AS (
        INSERT INTO job_items (job_id, position, name, outcome, image_id,
                               problem_code, problem_detail)
        SELECT job.id, job.base + f.ordinal, f.name,
               CASE WHEN f.problem_code IS NOT NULL THEN 'rejected'
                    WHEN f.image_id IS NOT NULL AND p.is_new THEN 'accepted'
                    ELSE 'duplicate' END,
               p.id, f.problem_code, f.problem_detail
          FROM files AS f
         CROSS JOIN job
          LEFT JOIN pictures AS p ON p.sha256 = f.sha256
        RETURNING position, outcome, image_id
    )
    SELECT items.position, items.outcome, items.image_id,
           CASE WHEN items.outcome = 'accepted' AND p.status = 'queued' THEN p.lane END AS lane
      FROM items
      LEFT JOIN pictures AS p ON p.id = items.image_id
     ORDER BY items.position
"""

CREATE_JOB = _NEW_JOB + _NEW_WEBHOOK + _SUBMIT

CREATE_JOB_ONCE = _NEW_JOB_ONCE + _NEW_WEBHOOK + _SUBMIT

EXTEND_JOB = _GROWN_JOB + _SUBMIT


async def create_job(
    conn: AsyncConnection,
    job_id: UUID,
    files: Sequence[SubmittedFile],
    *,
    webhook: str | None = None,
) -> list[SubmittedItem]:
    """Record a new job with one item per file, in order, and where its end is to be told."""
    return await _submit(conn, CREATE_JOB, job_id, files, {"webhook": webhook})


async def create_job_once(
    conn: AsyncConnection,
    job_id: UUID,
    files: Sequence[SubmittedFile],
    *,
    once: IdempotencyKey,
    webhook: str | None = None,
) -> list[SubmittedItem]:
    """The same under an idempotency key; no items where the key stands for a job already."""
    more = {
        "webhook": webhook,
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
        NotFoundError: there is no such job.
    """
    items = await _submit(conn, EXTEND_JOB, job_id, files)
    if not items:
        raise NotFoundError(f"There is no job {job_id}.")
    return items


async def _submit(
    conn: AsyncConnection,
    query: LiteralString,
    job_id: UUID,
    files: Sequence[SubmittedFile],
    more: Mapping[str, object] | None = None,
) -> list[SubmittedItem]:
    pictures = [file.picture for file in files]
    parameters: dict[str, object] = {
        "job_id": job_id,
        "count": len(files),
        "bulk_from": BULK_FROM,
        "ordinals": list(range(len(files))),
        "names": [file.name for file in files],
        "image_ids": _ids_of_first_occurrences(pictures),
        "hashes": [picture and picture.sha256 for picture in pictures],
        "media_types": [picture and picture.media_type for picture in pictures],
        "sizes": [picture and picture.bytes for picture in pictures],
        "widths": [picture and picture.width for picture in pictures],
        "heights": [picture and picture.height for picture in pictures],
        "problem_codes": [file.problem_code for file in files],
        "problem_details": [file.problem_detail for file in files],
    }
    async with conn.cursor(row_factory=class_row(SubmittedItem)) as cur:
        await cur.execute(query, parameters | dict(more or {}))
        return await cur.fetchall()


def _ids_of_first_occurrences(pictures: Sequence[StoredImage | None]) -> list[UUID | None]:
    """An id for each picture that this submission has not shown before, else None.

    A statement may touch a row only once, so equal files of one request are one insertion.
    """
    seen: set[bytes] = set()
    ids: list[UUID | None] = []
    for picture in pictures:
        if picture is None or picture.sha256 in seen:
            ids.append(None)
        else:
            seen.add(picture.sha256)
            ids.append(new_id())
    return ids
