"""Reading a whole search: as CSV made by Postgres, or as rows in batches. Constant memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import args_row
from psycopg.sql import SQL

from core.vocabulary.tags import FIRST_CATEGORY
from infra.database.queries.images import IMAGE_COLUMNS, Image
from infra.database.search.compiler import Filter, Parameters, condition

CSV_COLUMNS = (
    "ID", "Name", "Timestamp",
    "Label 1", "Score 1", "Label 2", "Score 2", "Label 3", "Score 3",
    "Label 4", "Score 4", "Label 5", "Score 5",
)  # fmt: skip

# A cell that a spreadsheet would run as a formula is given a leading apostrophe: those that begin
# with = + - @ (full-width forms too), a tab or a line break, also after spaces.
_NAME: LiteralString = (
    r"""CASE WHEN i.name ~ '^\s*[=+\-@\t\r\n＝＋－＠]' THEN '''' || i.name ELSE i.name END"""
)

# A picture's tags ascend by score, so that its best class is the last of them.
COPY_CSV: LiteralString = """
    COPY (
        SELECT i.id AS "ID",
               {name} AS "Name",
               to_char(i.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS "Timestamp",
               p.labels[p.n] AS "Label 1", p.scores[p.n] AS "Score 1",
               p.labels[p.n - 1] AS "Label 2", p.scores[p.n - 1] AS "Score 2",
               p.labels[p.n - 2] AS "Label 3", p.scores[p.n - 2] AS "Score 3",
               p.labels[p.n - 3] AS "Label 4", p.scores[p.n - 3] AS "Score 4",
               p.labels[p.n - 4] AS "Label 5", p.scores[p.n - 4] AS "Score 5"
          FROM images AS i
          LEFT JOIN LATERAL (
                   SELECT count(*)::integer AS n,
                          array_agg((SELECT name FROM classes WHERE class_index = t.tag)) AS labels,
                          array_agg(round(t.score::numeric * 100, 2) || chr(37)) AS scores
                     FROM unnest(i.tags, i.scores) AS t (tag, score)
                    WHERE t.tag < {categories} AND i.status = 'done') AS p ON true
         WHERE {found}
         ORDER BY i.created_at DESC, i.id DESC
    ) TO STDOUT (FORMAT csv, HEADER)
"""


# Sent line by line, the sending would cost more than all the rest.
BLOCK = 64 << 10


async def copy_csv(conn: AsyncConnection, which: Filter) -> AsyncIterator[bytes]:
    """Yield the CSV of the pictures that a search shows, newest first, in pieces.

    For use within `consistent_snapshot`, like what follows.
    """
    given = Parameters()
    query = SQL(COPY_CSV).format(
        name=SQL(_NAME), found=condition(which, given), categories=FIRST_CATEGORY
    )
    async with conn.cursor().copy(query, given.values) as copy:
        gathered = bytearray()
        async for line in copy:  # one at a time, as Postgres sends them
            gathered += line
            if len(gathered) >= BLOCK:
                yield bytes(gathered)
                gathered.clear()
        yield bytes(gathered)


LIST_ALL: LiteralString = """
    SELECT {columns} FROM images AS i WHERE {found} ORDER BY i.created_at DESC, i.id DESC
"""

BATCH = 1000


async def read_images(conn: AsyncConnection, which: Filter) -> AsyncIterator[list[Image]]:
    """Yield the pictures that a search shows, newest first, in batches."""
    given = Parameters()
    query = SQL(LIST_ALL).format(columns=SQL(IMAGE_COLUMNS), found=condition(which, given))
    async with conn.cursor("export", row_factory=args_row(Image.read), binary=True) as cur:
        await cur.execute(query, given.values)
        while batch := await cur.fetchmany(BATCH):
            yield batch


LIST_MODELS: LiteralString = """
    SELECT coalesce(array_agg(DISTINCT i.model), '{{}}')
      FROM images AS i
     WHERE {found} AND i.status = 'done'
"""


async def list_models(conn: AsyncConnection, which: Filter) -> list[str]:
    """The models whose words a search shows."""
    given = Parameters()
    query = SQL(LIST_MODELS).format(found=condition(which, given))
    cur = await conn.execute(query, given.values, prepare=False)
    return list((await anext(cur))[0])


@asynccontextmanager
async def consistent_snapshot(conn: AsyncConnection) -> AsyncIterator[None]:
    """All that is read within is read as of one moment, and may take as long as its reader does."""
    async with conn.transaction():
        await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        await conn.execute("SET LOCAL statement_timeout = 0")
        await conn.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
        yield
