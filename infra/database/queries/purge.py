"""Emptying the trash: pictures first, their objects later."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import scalar_row

# The receipts keep what the pictures had come to, so that their counts go on adding up. A picture
# at work is left for the next time.
PURGE_IMAGES = """
    WITH doomed AS (
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
    receipts AS (
        UPDATE job_items AS t
           SET last_status = doomed.status,
               image_id = NULL,
               changed_at = now()
          FROM doomed
         WHERE t.image_id = doomed.id
    ),
    objects AS (
        INSERT INTO unnamed_objects (sha256)
        SELECT sha256 FROM doomed
            ON CONFLICT (sha256) DO UPDATE
           SET since = now()
    )
    DELETE FROM images
     WHERE id IN (SELECT id FROM doomed)
    RETURNING id
"""


async def purge_images(
    conn: AsyncConnection,
    *,
    older_than: timedelta,
    ids: Sequence[UUID] | None = None,
    limit: int = 1000,
) -> list[UUID]:
    """Remove for ever what has been in the trash that long; return what was removed."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(
            PURGE_IMAGES,
            {"older_than": older_than, "ids": None if ids is None else list(ids), "limit": limit},
        )
        return await cur.fetchall()
