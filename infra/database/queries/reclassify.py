"""Classifying again: after a new model or vocabulary, or what never came to an end."""

from typing import Literal, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.sql import SQL, Composable

from infra.database.queries.leases import CHANGES_CHANNEL
from infra.database.search.compiler import Filter, Parameters, condition

Scope = Literal["failed", "never", "older_model", "found"]

_SCOPES: dict[Scope, LiteralString] = {
    "failed": "i.status = 'failed'",
    "never": "i.classified_at IS NULL AND i.status IN ('failed', 'cancelled')",
    "older_model": "i.status = 'done' AND i.model <> {model}",
    "found": "i.status IN ('done', 'failed', 'cancelled')",
}

# In the bulk lane: nobody waits for them as one waits for a new picture. What killed its worker
# stays a suspect. The announcement is dated so that the sweeper calls them in the next seconds.
# Until then their old tags rest.
RERUN_IMAGES: LiteralString = """
    UPDATE images
       SET status = 'queued',
           lane = 'bulk',
           attempts = CASE WHEN failure_code = 'crashed_worker' THEN 1 ELSE 0 END,
           failure_code = NULL,
           failure_detail = NULL,
           announced_at = now() - interval '10 seconds',
           announcements = 0,
           waiting_since = now(),
           changed_at = now()
     WHERE id IN (SELECT i.id FROM images AS i WHERE {found} AND {scope} FOR UPDATE)
"""

FIND_FOR_RERUN: LiteralString = "SELECT i.id FROM images AS i WHERE {found} AND {scope}"


async def find_for_reclassification(
    conn: AsyncConnection, which: Filter, scope: Scope, *, model: str | None
) -> list[UUID]:
    """The ids of what there is to queue again, to be queued a part at a time."""
    cur = await _execute(conn, FIND_FOR_RERUN, which, scope, model)
    return [row[0] async for row in cur]


async def reclassify_images(
    conn: AsyncConnection, which: Filter, scope: Scope, *, model: str | None
) -> int:
    """Queue pictures again; say how many. `model` is the one that is not an older one."""
    cur = await _execute(conn, RERUN_IMAGES, which, scope, model)
    await conn.execute("SELECT pg_notify(%s, '')", (CHANGES_CHANNEL,))
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
