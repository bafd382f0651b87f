"""Purge images from the trash. The cleanup removes their objects from storage later."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import scalar_row

# The job items keep the last state of the image, so that the counts of their jobs still add up.
# Running images are left to the next purge.
PURGE_IMAGES = """
    WITH purged AS (
        SELECT id, sha256,
               CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END AS status
          FROM images
         WHERE deleted_at <= now() - %(older_than)s
           AND status <> 'running'
           AND (%(ids)s::uuid[] IS NULL OR id = ANY(%(ids)s))
         ORDER BY sha256
         LIMIT %(limit)s
           FOR UPDATE SKIP LOCKED
    ),
    items AS (
        UPDATE job_items AS t
           SET last_status = purged.status,
               image_id = NULL,
               changed_at = now()
          FROM purged
         WHERE t.image_id = purged.id
    ),
    objects AS (
        INSERT INTO unnamed_objects (sha256)
        SELECT sha256 FROM purged
            ON CONFLICT (sha256) DO UPDATE
           SET since = now()
    )
    DELETE FROM images
     WHERE id IN (SELECT id FROM purged)
    RETURNING id
"""


async def purge_images(
    conn: AsyncConnection,
    *,
    older_than: timedelta,
    ids: Sequence[UUID] | None = None,
    limit: int = 1000,
) -> list[UUID]:
    """Delete images permanently and return their ids.

    Args:
        conn: The connection.
        older_than: Only images that have been in the trash for at least this long.
        ids: Only these images; None for all.
        limit: Maximum number of images to delete.
    """
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(
            PURGE_IMAGES,
            {"older_than": older_than, "ids": None if ids is None else list(ids), "limit": limit},
        )
        return await cur.fetchall()
