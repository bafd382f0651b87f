"""The CSV export, formatted and streamed by Postgres."""

from collections.abc import AsyncIterator

from psycopg import AsyncConnection, AsyncCursor
from psycopg.sql import SQL

from infra.database.conditions import Filter, Parameters, condition

CSV_COLUMNS = (
    "ID", "Name", "Timestamp",
    "Label 1", "Score 1", "Label 2", "Score 2", "Label 3", "Score 3",
    "Label 4", "Score 4", "Label 5", "Score 5",
)  # fmt: skip

# A cell that a spreadsheet would run as a formula is given a leading apostrophe: those that begin
# with = + - @ (full-width forms too), a tab or a line break, also after spaces.
_NAME = r"""CASE WHEN i.name ~ '^\s*[=+\-@\t\r\n＝＋－＠]' THEN '''' || i.name ELSE i.name END"""

COPY_CSV = """
    COPY (
        SELECT i.id AS "ID",
               {name} AS "Name",
               to_char(i.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS "Timestamp",
               p.labels[1] AS "Label 1", p.scores[1] AS "Score 1",
               p.labels[2] AS "Label 2", p.scores[2] AS "Score 2",
               p.labels[3] AS "Label 3", p.scores[3] AS "Score 3",
               p.labels[4] AS "Label 4", p.scores[4] AS "Score 4",
               p.labels[5] AS "Label 5", p.scores[5] AS "Score 5"
          FROM images AS i
          LEFT JOIN LATERAL (
                   SELECT array_agg(c.name ORDER BY rank) AS labels,
                          array_agg(to_char(score::numeric * 100, 'FM990.00') || chr(37)
                                    ORDER BY rank) AS scores
                     FROM predictions
                     JOIN classes AS c USING (class_index)
                    WHERE image_id = i.id AND i.status = 'done') AS p ON true
         WHERE {found}
         ORDER BY i.created_at DESC, i.id DESC
    ) TO STDOUT (FORMAT csv, HEADER)
"""


async def copy_csv(conn: AsyncConnection, which: Filter) -> AsyncIterator[bytes]:
    """Yield the CSV of the pictures that a search shows, newest first, in pieces."""
    given = Parameters()
    query = SQL(COPY_CSV).format(name=SQL(_NAME), found=condition(which, given))
    cur: AsyncCursor = conn.cursor()
    # An export may take as long as its reader does.
    async with conn.transaction():
        await conn.execute("SET LOCAL statement_timeout = 0")
        async with cur.copy(query, given.values) as copy:
            async for block in copy:
                yield bytes(block)
