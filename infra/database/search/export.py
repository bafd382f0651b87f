"""Read all matches of a search in constant memory: as CSV, or as rows in batches."""

import re
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

# Prevents formula injection in spreadsheets: an apostrophe is put before = + - @ (or a full-width
# form of them), a tab or a line break, also after white space, at the beginning of a name and after
# a semicolon, tab or vertical bar, since programs may separate cells by these.
_FORMULA: LiteralString = r"(^|[;\t|])(?=\s*[=+\-@\t\r\n＝＋－＠])"
_DEFUSED: LiteralString = r"\1'"
_find_formulas = re.compile(_FORMULA)
_NAME: LiteralString = (
    "CASE WHEN i.name ~ '" + _FORMULA + "'"
    " THEN regexp_replace(i.name, '" + _FORMULA + "', '" + r"\1''" + "', 'g') ELSE i.name END"
)


def defuse_formula(name: str) -> str:
    """Return the name as in the CSV file."""
    return _find_formulas.sub(_DEFUSED, name)


# Tags are stored in ascending order of their scores, so that the best class is the last one.
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
                     FROM unnest(coalesce(i.model_tags, i.tags), coalesce(i.model_scores, i.scores))
                               AS t (tag, score)
                    WHERE t.tag < {categories} AND i.status = 'done') AS p ON true
         WHERE {found}
         ORDER BY i.created_at DESC, i.id DESC
    ) TO STDOUT (FORMAT csv, HEADER)
"""


_SEPARATORS = re.compile(rb"[;\t|]").search
_NAME_AT = 37  # an id and a comma


def _quote_name(line: bytes) -> bytes:
    """Quote a name with a semicolon, tab or vertical bar, which Postgres does not."""
    if line[_NAME_AT : _NAME_AT + 1] == b'"' or not _SEPARATORS(line):
        return line
    end = line.index(b",", _NAME_AT)
    return b'%b"%b"%b' % (line[:_NAME_AT], line[_NAME_AT:end], line[end:])


# Bytes per piece. Sending each line by itself would cost more than all other work of the export.
BLOCK = 64 << 10


async def copy_csv(conn: AsyncConnection, which: Filter) -> AsyncIterator[bytes]:
    """Yield the CSV file of all matches, newest first, in pieces of about 64 KiB.

    Call this and the following functions within `consistent_snapshot`.
    """
    given = Parameters()
    query = SQL(COPY_CSV).format(
        name=SQL(_NAME), found=condition(which, given), categories=FIRST_CATEGORY
    )
    async with conn.cursor().copy(query, given.values) as copy:
        block = bytearray()
        async for line in copy:
            block += _quote_name(bytes(line))
            if len(block) >= BLOCK:
                yield bytes(block)
                block.clear()
        yield bytes(block)


LIST_ALL: LiteralString = """
    SELECT {columns} FROM images AS i WHERE {found} ORDER BY i.created_at DESC, i.id DESC
"""

BATCH = 1000


async def read_images(conn: AsyncConnection, which: Filter) -> AsyncIterator[list[Image]]:
    """Yield all matches, newest first, in batches of at most 1,000 images."""
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
    """Return the models whose predictions the matches have."""
    given = Parameters()
    query = SQL(LIST_MODELS).format(found=condition(which, given))
    cur = await conn.execute(query, given.values, prepare=False)
    return list((await anext(cur))[0])


@asynccontextmanager
async def consistent_snapshot(conn: AsyncConnection) -> AsyncIterator[None]:
    """Run the block in one REPEATABLE READ snapshot without a statement timeout.

    Between two statements the block may idle for 5 minutes, since a slow client delays the reads.
    """
    async with conn.transaction():
        await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        await conn.execute("SET LOCAL statement_timeout = 0")
        await conn.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
        yield
