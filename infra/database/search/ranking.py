"""Order by best match: the newest matches are ranked by score, older ones follow by time.

Ranking 100,000 images takes Postgres seconds for each page. Only the newest 1,000 are ranked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection, sql
from psycopg.sql import SQL

from infra.database.search.compiler import Filter, Parameters, condition, match_score, time_bounds
from infra.database.search.estimate import LIMITS, SearchEstimate, SearchLimits


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ranked images of a search.

    Attributes:
        best: (match score, id) pairs in ascending order: the best match is the last one.
        end: (upload time, id) of the oldest ranked image; unranked images follow after it. None
            if all matches are ranked.
    """

    best: list[tuple[float, UUID]]
    end: tuple[datetime, UUID] | None


WALK: LiteralString = """
    SELECT {score}, i.id, i.created_at
      FROM (SELECT i.*
              FROM (SELECT i.*
                      FROM images AS i
                     WHERE i.deleted_at IS {trash} AND {bounds}
                     ORDER BY i.created_at DESC, i.id DESC
                    OFFSET 0) AS i
             WHERE {found}
             ORDER BY i.created_at DESC, i.id DESC
             LIMIT {limit}) AS i
"""

COLLECT: LiteralString = """
    SELECT {score}, i.id, i.created_at
      FROM (SELECT i.*
              FROM images AS i
             WHERE {found}
             ORDER BY i.created_at DESC, i.id DESC
             LIMIT {limit}) AS i
"""


async def rank(
    conn: AsyncConnection, which: Filter, extent: SearchEstimate, limits: SearchLimits = LIMITS
) -> Ranking:
    """Rank the matches of a search: all if there are few, otherwise the newest ones.

    Args:
        conn: The connection.
        which: The search.
        extent: Result of `measure` for the search.
        limits: Number of matches to rank.
    """
    given = Parameters()
    query = SQL(COLLECT if extent.total <= limits.scarce else WALK).format(
        score=match_score(which.query, given),
        found=condition(which, given),
        bounds=time_bounds(which.query, given),
        trash=SQL("NOT NULL" if which.trash else "NULL"),
        limit=sql.Literal(None if extent.few else limits.ranked),
    )
    async with conn.cursor(binary=True) as cur:
        await cur.execute(query, given.values, prepare=False)
        rows = await cur.fetchall()
    best = sorted((score, image_id) for score, image_id, _ in rows)
    if extent.few or len(rows) < limits.ranked:
        return Ranking(best, None)
    return Ranking(best, min((time, image_id) for _, image_id, time in rows))
