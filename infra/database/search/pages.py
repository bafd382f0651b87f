"""Keyset pagination of search results in four orders."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, sql
from psycopg.rows import args_row
from psycopg.sql import SQL, Composable

from core.search import Query
from infra.database.queries.images import IMAGE_COLUMNS, Image
from infra.database.search.compiler import (
    Filter,
    Parameters,
    condition,
    match_score,
    time_bounds,
)
from infra.database.search.estimate import Found, SearchEstimate
from infra.database.search.ranking import Ranking
from infra.database.snapshot_cache import GET_STATE

Sort = Literal["newest", "oldest", "confidence", "match"]


@dataclass(frozen=True, slots=True)
class Position:
    """Cursor: the sort key and id of the last image of a page."""

    key: datetime | float
    id: UUID


@dataclass(slots=True)
class PagedImage(Image):
    """An image of a page, with its sort key and the snapshot that the page was read in."""

    key: datetime | float
    state: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of images. `next` is the position of the next page, or None after the last one."""

    images: list[PagedImage]
    next: Position | None

    @property
    def state(self) -> str | None:
        """The snapshot as `SnapshotCache.get` accepts it; None for an empty page."""
        return self.images[0].state if self.images else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A page to read: `limit` images after a position, less the first `skip` of them."""

    sort: Sort = "newest"
    after: Position | None = None
    skip: int = 0
    limit: int


# For many matches: walk along the index of the sort order and take matching images until the page
# is full. OFFSET 0 in the inner select keeps the planner from collecting and sorting all matches.
WALK: LiteralString = """
    SELECT {columns}, {key} AS key, ({state}) AS state
      FROM (SELECT i.*
              FROM images AS i
             WHERE i.deleted_at IS {trash} AND {after} AND {bounds}
             ORDER BY {key} {direction}, i.id {direction}
            OFFSET 0) AS i
     WHERE {found}
     ORDER BY {key} {direction}, i.id {direction}
     LIMIT {limit} OFFSET {skip}
"""

# For few matches: collect all of them, then sort.
COLLECT: LiteralString = """
    WITH found AS MATERIALIZED (
        SELECT i.id, {key} AS key
          FROM images AS i
         WHERE {found}
    )
    SELECT {columns}, f.key, ({state}) AS state
      FROM (SELECT *
              FROM found AS i
             WHERE {after}
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


async def list_all(conn: AsyncConnection, page: PageRequest, *, trash: bool) -> Page:
    """Return a page of all images in the trash, or all outside it."""
    which = Filter(trash=trash)
    return _page(await _list(conn, which, page, ranked_by=which.query, few=False), page)


async def list_images(
    conn: AsyncConnection, which: Filter, page: PageRequest, extent: SearchEstimate
) -> Page:
    """Return a page of the matches of a search. `extent` is the result of `measure` for it."""
    found = extent.found
    if found is None:
        images = await _list(conn, which, page, ranked_by=which.query, few=extent.few)
    elif page.sort in {"newest", "oldest"}:
        # All matches are in `found`: read only the images of this page.
        chosen = _choose(found, page)
        these = Filter(trash=which.trash, ids=[each for _, each in chosen])
        page = replace(page, after=None, skip=0)
        images = await _list(conn, these, page, ranked_by=which.query, few=True)
        # An image deleted since then makes the page shorter, which must not end the pagination.
        return Page(images, Position(*chosen[-1]) if len(chosen) == page.limit else None)
    else:
        these = Filter(trash=which.trash, ids=[each for _, each in found])
        images = await _list(conn, these, page, ranked_by=which.query, few=True)
    return _page(images, page)


async def list_matches(
    conn: AsyncConnection, which: Filter, page: PageRequest, ranking: Ranking
) -> Page:
    """Return a page of the matches, best match first: the ranked ones, then the older ones."""
    after, skip = page.after, page.skip
    images: list[PagedImage] = []
    if after is None or not isinstance(after.key, datetime):
        left = bisect_left(ranking.best, (after.key, after.id)) if after else len(ranking.best)
        chosen = ranking.best[max(0, left - skip - page.limit) : max(0, left - skip)][::-1]
        if chosen:
            these = Filter(trash=which.trash, ids=[each for _, each in chosen])
            first = replace(page, after=None, skip=0)
            images = await _list(conn, these, first, ranked_by=which.query, few=True)
        if len(chosen) == page.limit:
            return Page(images, Position(*chosen[-1]))
        if ranking.end is None:
            return Page(images, None)
        after, skip = Position(*ranking.end), max(0, skip - left)
    others = PageRequest(after=after, skip=skip, limit=page.limit - len(images))
    older = await _list(conn, which, others, ranked_by=which.query, few=False)
    return Page(images + older, _page(older, others).next)


def _page(images: list[PagedImage], page: PageRequest) -> Page:
    last = images[-1] if len(images) == page.limit else None
    return Page(images, Position(last.key, last.id) if last else None)


def _choose(found: Found, page: PageRequest) -> Found:
    """Return the slice of all matches (oldest first) that a page shows, in the page's order."""
    after = page.after and (page.after.key, page.after.id)
    if page.sort == "oldest":
        start = page.skip + (bisect_right(found, after) if after else 0)
        return found[start : start + page.limit]
    end = (bisect_left(found, after) if after else len(found)) - page.skip
    return found[max(0, end - page.limit) : max(0, end)][::-1]


async def _list(
    conn: AsyncConnection, which: Filter, page: PageRequest, *, ranked_by: Query, few: bool
) -> list[PagedImage]:
    given = Parameters()
    key_name, key_type, direction = _KEYS[page.sort]
    collect = few and not which.is_everything
    key: Composable = SQL(key_name) if key_name else match_score(ranked_by, given)
    query = SQL(COLLECT if collect else WALK).format(
        columns=SQL(IMAGE_COLUMNS),
        state=SQL(GET_STATE),
        key=key,
        found=condition(which, given),
        after=_after(page, SQL("i.key") if collect else key, key_type, direction, given),
        bounds=time_bounds(which.query, given),
        trash=SQL("NOT NULL" if which.trash else "NULL"),
        direction=SQL(direction),
        # Literals: with parameters Postgres would assume a large limit and reject its generic plan.
        limit=sql.Literal(page.limit),
        skip=sql.Literal(page.skip),
    )
    async with conn.cursor(row_factory=args_row(PagedImage.read), binary=True) as cur:
        # The plan of a search depends on its tags; the plan for all images is always the same.
        await cur.execute(query, given.values, prepare=None if which.is_everything else False)
        return await cur.fetchall()


def _after(
    page: PageRequest,
    key: Composable,
    key_type: LiteralString,
    direction: LiteralString,
    given: Parameters,
) -> Composable:
    """Return the condition under which a row `i` follows the position of the request."""
    if page.after is None:
        return SQL("true")
    return SQL("({}, i.id) {} ({}, {})").format(
        key,
        SQL("<" if direction == "DESC" else ">"),
        given.add(page.after.key, key_type),
        given.add(page.after.id, "uuid"),
    )
