"""Best matches first. Of what a search finds, the newest are ranked; older ones follow by time.

To rank all of a hundred thousand pictures takes Postgres seconds, for each page. The best of the
newest thousand are as good as any.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection, sql
from psycopg.sql import SQL

from infra.database.search.compiler import Filter, Parameters, condition, match_score, time_bounds
from infra.database.search.estimate import SearchEstimate

# Of more than a few; of a few (`extent.FEW`), all are ranked.
RANKED = 1000
# Where no more than so many are found, finding all of them takes less than walking past the others.
SCARCE = 20_000


@dataclass(frozen=True, slots=True)
class Ranking:
    """The pictures that are ranked, worst first: how well they match, and their ids.

    `end` is the oldest of them, behind which the others follow; None where all are ranked.
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


async def rank(conn: AsyncConnection, which: Filter, extent: SearchEstimate) -> Ranking:
    """Rank what a search finds. `extent` says how much that is."""
    given = Parameters()
    query = SQL(COLLECT if extent.total <= SCARCE else WALK).format(
        score=match_score(which.query, given),
        found=condition(which, given),
        bounds=time_bounds(which.query, given),
        trash=SQL("NOT NULL" if which.trash else "NULL"),
        limit=sql.Literal(None if extent.few else RANKED),
    )
    async with conn.cursor(binary=True) as cur:
        await cur.execute(query, given.values, prepare=False)
        rows = await cur.fetchall()
    best = sorted((score, image_id) for score, image_id, _ in rows)
    if extent.few or len(rows) < RANKED:
        return Ranking(best, None)
    return Ranking(best, min((time, image_id) for _, image_id, time in rows))
