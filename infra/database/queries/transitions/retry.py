"""Retry failed and cancelled images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import scalar_row

from core.types import BULK_FROM
from infra.database.queries.transitions.columns import assign, ended_queued_again, notify_changes

Ended = Literal["failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Selection of images to retry.

    Attributes:
        ended: States to retry.
        job_id: Only images of this job; None for all.
        ids: Only these images, in the trash as well; None for all outside the trash.
    """

    ended: Sequence[Ended] = ("failed",)
    job_id: UUID | None = None
    ids: Sequence[UUID] | None = None


_RETRIED = ended_queued_again(
    lane="CASE WHEN (SELECT count(*) FROM again) > %(bulk_from)s THEN 'bulk' ELSE 'interactive' END"
)

# A job that is retried is no longer cancelled.
RETRY_IMAGES = f"""
    WITH again AS (
        SELECT i.id
          FROM images AS i
         WHERE i.status IN ('failed', 'cancelled')
           AND i.status = ANY(%(ended)s)
           AND (%(ids)s::uuid[] IS NULL OR i.id = ANY(%(ids)s))
           AND (%(ids)s::uuid[] IS NOT NULL OR i.deleted_at IS NULL)
           AND (%(job_id)s::uuid IS NULL OR i.id IN (
                   SELECT image_id
                     FROM job_items
                    WHERE job_id = %(job_id)s))
         ORDER BY i.sha256
           FOR UPDATE
    ),
    resumed AS (
        UPDATE jobs SET cancelled_at = NULL WHERE id = %(job_id)s AND cancelled_at IS NOT NULL
    )
    UPDATE images
       SET {assign(_RETRIED)}
     WHERE id IN (SELECT id FROM again)
    RETURNING id
"""


async def retry_images(conn: AsyncConnection, which: Retry) -> list[UUID]:
    """Queue failed or cancelled images again, notify listeners, and return the ids."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(
            RETRY_IMAGES,
            {
                "ended": list(which.ended),
                "job_id": which.job_id,
                "ids": None if which.ids is None else list(which.ids),
                "bulk_from": BULK_FROM,
            },
        )
        changed = await cur.fetchall()
    await notify_changes(conn)
    return changed
