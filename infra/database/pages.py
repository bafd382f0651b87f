"""Pages of the gallery: in four orders, each page from where the last one ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable

from infra.database.conditions import Filter, Parameters, condition, match_score
from infra.database.images import IMAGE_COLUMNS, Image

Sort = Literal["newest", "oldest", "confidence", "match"]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: what the last picture is sorted by, and its id."""

    key: datetime | float
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedImage(Image):
    """A picture of a page, and what it is sorted by."""

    key: datetime | float


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page: the pictures behind a position, or `skip` places further."""

    sort: Sort = "newest"
    after: Position | None = None
    skip: int = 0
    limit: int


# Many are found: walk along the order and take what fits, until the page is full. The inner
# select keeps the planner from collecting everything first.
WALK: LiteralString = """
    SELECT {columns}, {key} AS key
      FROM (SELECT i.*
              FROM images AS i
             WHERE i.deleted_at IS {trash} AND {behind}
             ORDER BY {key} {direction}, i.id {direction}
            OFFSET 0) AS i
     WHERE {found}
     ORDER BY {key} {direction}, i.id {direction}
     LIMIT {limit} OFFSET {skip}
"""

# Few are found, or the order is the search's own: collect them, then sort.
COLLECT: LiteralString = """
    WITH found AS MATERIALIZED (
        SELECT i.id, {key} AS key
          FROM images AS i
         WHERE {found}
    )
    SELECT {columns}, f.key
      FROM (SELECT *
              FROM found AS i
             WHERE {behind}
             ORDER BY i.key {direction}, i.id {direction}
             LIMIT {limit} OFFSET {skip}) AS f
      JOIN images AS i ON i.id = f.id
     ORDER BY f.key {direction}, f.id {direction}
"""

_KEYS: dict[Sort, tuple[LiteralString, LiteralString, LiteralString]] = {
    "newest": ("i.created_at", "timestamptz", "DESC"),
    "oldest": ("i.created_at", "timestamptz", "ASC"),
    "confidence": ("i.confidence", "real", "DESC"),
    "match": ("", "real", "DESC"),
}


async def list_images(
    conn: AsyncConnection, which: Filter, page: PageRequest, *, few: bool
) -> list[PagedImage]:
    """The pictures of a page. `few` says that the search finds few: see `extent`."""
    given = Parameters()
    key_name, key_type, direction = _KEYS[page.sort]
    everything = which.is_plain and which.status is None
    collect = page.sort == "match" or (few and not everything)
    key: Composable = SQL(key_name) if key_name else match_score(which.query, given)
    query = SQL(COLLECT if collect else WALK).format(
        columns=SQL(IMAGE_COLUMNS),
        key=key,
        found=condition(which, given),
        behind=_behind(page, SQL("i.key") if collect else key, key_type, direction, given),
        trash=SQL("NOT NULL" if which.trash else "NULL"),
        direction=SQL(direction),
        limit=given.add(page.limit, "integer"),
        skip=given.add(page.skip, "integer"),
    )
    async with conn.cursor(row_factory=class_row(PagedImage)) as cur:
        await cur.execute(query, given.values, prepare=False)
        return await cur.fetchall()


def _behind(
    page: PageRequest,
    key: Composable,
    key_type: LiteralString,
    direction: LiteralString,
    given: Parameters,
) -> Composable:
    if page.after is None:
        return SQL("true")
    return SQL("({}, i.id) {} ({}, {})").format(
        key,
        SQL("<" if direction == "DESC" else ">"),
        given.add(page.after.key, key_type),
        given.add(page.after.id, "uuid"),
    )
