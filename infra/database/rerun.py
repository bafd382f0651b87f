"""Classifying again: after a new model or vocabulary, or what never came to an end."""

from typing import Literal, LiteralString

from psycopg import AsyncConnection
from psycopg.sql import SQL

from infra.database.conditions import Filter, Parameters, condition
from infra.database.work import CHANGES_CHANNEL

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


async def rerun_images(
    conn: AsyncConnection, which: Filter, scope: Scope, *, model: str | None
) -> int:
    """Queue pictures again; say how many. `model` is the one that is not an older one."""
    given = Parameters()
    found = condition(which, given)
    scoped = SQL(_SCOPES[scope])
    query = SQL(RERUN_IMAGES).format(
        found=found,
        scope=scoped.format(model=given.add(model, "text")) if scope == "older_model" else scoped,
    )
    cur = await conn.execute(query, given.values, prepare=False)
    await conn.execute("SELECT pg_notify(%s, '')", (CHANGES_CHANNEL,))
    return cur.rowcount
