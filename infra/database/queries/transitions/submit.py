"""Submit images: insert new ones, and queue failed and cancelled ones again."""

from collections.abc import Mapping
from typing import LiteralString, TypeVar

from psycopg import AsyncCursor

from infra.database.queries.transitions.columns import (
    ATTEMPTS_OF_ENDED,
    Columns,
    assign,
    choose,
    queued_again,
)

Row = TypeVar("Row")

_HAS_ENDED: LiteralString = "images.status IN ('failed', 'cancelled')"
_COMES_BACK: LiteralString = f"images.deleted_at IS NOT NULL OR {_HAS_ENDED}"

# An image that is in the gallery already keeps its state and its place in the queue. An image in
# the trash, a failed or a cancelled one is treated as new. For images that are new or treated as
# new, `created_at` is the transaction's now().
_SUBMITTED_AGAIN: Columns = {
    **choose(_HAS_ENDED, {**queued_again(attempts=ATTEMPTS_OF_ENDED), "waiting_since": "now()"}),
    **choose(
        _COMES_BACK,
        {
            "lane": "excluded.lane",
            "announced_at": "now()",
            "announcements": "0",
            "name": "excluded.name",
            "created_at": "now()",
        },
    ),
    "deleted_at": "NULL",
    "changed_at": "now()",
}

# Follows a CTE `job` (id, item_count, base) with one row per job, where `base` is the number of
# items it had before.
SUBMIT_IMAGES: LiteralString = f"""
    files AS (
        SELECT *
          FROM unnest(
                   %(job_ids)s::uuid[], %(ordinals)s::integer[], %(names)s::text[],
                   %(image_ids)s::uuid[],
                   %(hashes)s::bytea[], %(media_types)s::text[], %(sizes)s::bigint[],
                   %(widths)s::integer[], %(heights)s::integer[],
                   %(problem_codes)s::text[], %(problem_details)s::text[]
               ) AS f (job_id, ordinal, name, image_id, sha256, media_type, bytes, width, height,
                       problem_code, problem_detail)
    ),
    submitted AS (
        INSERT INTO images (id, sha256, name, media_type, bytes, width, height, status, lane)
        SELECT f.image_id, f.sha256, f.name, f.media_type, f.bytes, f.width, f.height, 'queued',
               CASE WHEN job.item_count > %(bulk_from)s THEN 'bulk' ELSE 'interactive' END
          FROM files AS f
          JOIN job ON job.id = f.job_id
         WHERE f.image_id IS NOT NULL
         ORDER BY f.sha256                -- the same order in all submissions prevents deadlocks
            ON CONFLICT (sha256) DO UPDATE
           SET {assign(_SUBMITTED_AGAIN)}
        RETURNING id, sha256, lane, status, created_at = now() AS is_new
    ),
    referenced AS (
        DELETE FROM unnamed_objects AS u USING submitted AS s WHERE u.sha256 = s.sha256
    ),
    items AS (
        INSERT INTO job_items (job_id, position, name, outcome, image_id,
                               problem_code, problem_detail)
        SELECT job.id, job.base + f.ordinal, f.name,
               CASE WHEN f.problem_code IS NOT NULL THEN 'rejected'
                    WHEN f.image_id IS NOT NULL AND s.is_new THEN 'accepted'
                    ELSE 'duplicate' END,
               s.id, f.problem_code, f.problem_detail
          FROM files AS f
          JOIN job ON job.id = f.job_id
          LEFT JOIN submitted AS s ON s.sha256 = f.sha256
        RETURNING job_id, position, outcome, image_id
    )
    SELECT items.job_id, items.position, items.outcome, items.image_id,
           CASE WHEN items.outcome = 'accepted' AND s.status = 'queued' THEN s.lane END AS lane,
           now() AS recorded_at
      FROM items
      LEFT JOIN submitted AS s ON s.id = items.image_id
     ORDER BY items.job_id, items.position
"""


async def submit_images(
    cur: AsyncCursor[Row], job: LiteralString, parameters: Mapping[str, object]
) -> list[Row]:
    """Write the images and items of jobs in one statement and return the items.

    Args:
        cur: Cursor with the row factory for items (job_id, position, outcome, image_id,
            lane, recorded_at).
        job: SQL that defines the CTE `job` and ends with a comma; see `SUBMIT_IMAGES`.
        parameters: Parameters of both.
    """
    await cur.execute(job + SUBMIT_IMAGES, parameters)
    return await cur.fetchall()
