"""Reclassify images: queue done, failed and cancelled images again, for a new model for example."""

from typing import Literal, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.sql import SQL, Composable

from infra.database.queries.transitions.columns import assign, ended_queued_again, notify_changes
from infra.database.search.compiler import Filter, Parameters, condition

Scope = Literal["failed", "never", "older_model", "found"]

_SCOPES: dict[Scope, LiteralString] = {
    "failed": "i.status = 'failed'",
    "never": "i.classified_at IS NULL AND i.status IN ('failed', 'cancelled')",
    "older_model": "i.status = 'done' AND i.model <> {model}",
    "found": "true",
}

FIND_FOR_RERUN: LiteralString = """
    SELECT i.id
      FROM images AS i
     WHERE i.status IN ('done', 'failed', 'cancelled')
       AND {found}
       AND {scope}
"""

# The bulk lane, so that new uploads come first. The tags are kept but not shown until the image is
# done again.
RERUN_IMAGES: LiteralString = f"""
    UPDATE images
       SET {assign(ended_queued_again(lane="'bulk'"))}
     WHERE id IN ({FIND_FOR_RERUN} FOR UPDATE)
"""


async def find_for_reclassification(
    conn: AsyncConnection, which: Filter, scope: Scope, *, model: str | None
) -> list[UUID]:
    """Return the ids of the images that `reclassify_images` would queue, to do so in batches."""
    cur = await _execute(conn, FIND_FOR_RERUN, which, scope, model)
    return [row[0] async for row in cur]


async def reclassify_images(
    conn: AsyncConnection, which: Filter, scope: Scope, *, model: str | None
) -> int:
    """Queue images again, notify listeners, and return the number of images.

    Args:
        conn: The connection.
        which: Selection of images.
        scope: Restriction to `failed` images, to images that were `never` classified, to images
            with predictions of an `older_model`, or none (`found`).
        model: Version of the current model, for the scope `older_model`.
    """
    cur = await _execute(conn, RERUN_IMAGES, which, scope, model)
    await notify_changes(conn)
    return cur.rowcount


async def _execute(
    conn: AsyncConnection, query: LiteralString, which: Filter, scope: Scope, model: str | None
) -> AsyncCursor:
    given = Parameters()
    scoped: Composable = SQL(_SCOPES[scope])
    if scope == "older_model":
        scoped = SQL(_SCOPES[scope]).format(model=given.add(model, "text"))
    composed = SQL(query).format(found=condition(which, given), scope=scoped)
    return await conn.execute(composed, given.values, prepare=False)
