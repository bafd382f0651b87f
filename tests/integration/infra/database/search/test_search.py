"""Search in Postgres, compared with the reference implementation in Python."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.search import Query, parse_query
from infra.database.search.compiler import Filter
from infra.database.search.estimate import Facets, SearchEstimate, SearchLimits, measure
from infra.database.search.pages import PageRequest, Position, Sort, list_images, list_matches
from infra.database.search.ranking import rank
from tests.integration.infra.database.search.reference import (
    Row,
    count_tags,
    make_rows,
    match_score,
    matches,
)
from tests.support.strategies import queries

INSERT = """
    INSERT INTO images (id, sha256, name, media_type, bytes, width, height, status, created_at,
                        deleted_at, tags, scores, confidence, classified_at, model,
                        failure_code, failure_detail)
    VALUES (%(id)s, sha256(%(id)s::text::bytea), %(name)s, 'image/png', 1, 1, 1, %(status)s,
            %(created_at)s, %(deleted_at)s, %(tags)s::smallint[], %(scores)s::real[],
            %(confidence)s, now(), 'test',
            CASE WHEN %(status)s = 'failed' THEN %(reason)s END,
            CASE WHEN %(status)s = 'failed' THEN 'x' END)
"""


def insert(conn: psycopg.Connection, rows: list[Row]) -> None:
    for row in rows:
        tags = sorted(row.tags, key=lambda tag: -tag[1])[::-1]
        conn.execute(
            INSERT,
            {
                "id": row.id,
                "name": row.name,
                "status": row.status,
                "reason": row.reason,
                "created_at": row.created_at,
                "deleted_at": row.created_at if row.trash else None,
                "tags": [tag for tag, _ in tags],
                "scores": [score for _, score in tags],
                "confidence": row.classes[0][1],
            },
        )
        for place, (index, score) in enumerate(row.classes, start=1):
            conn.execute(
                "INSERT INTO predictions VALUES (%s, %s, %s, %s)", (row.id, place, index, score)
            )


@dataclass
class Gallery:
    """The images in Postgres and a connection to search them."""

    rows: list[Row]
    conn: psycopg.AsyncConnection
    runner: asyncio.Runner

    def expected(self, query: Query, *, trash: bool = False) -> list[Row]:
        """Return the matches according to the reference, newest first."""
        found = [row for row in self.rows if row.trash == trash and matches(row, query)]
        return sorted(found, key=lambda row: (row.created_at, row.id), reverse=True)

    def pages(
        self, query: Query, sort: Sort, extent: SearchEstimate, *, trash: bool = False
    ) -> list[UUID]:
        """Return the ids on all pages of a search."""
        which = Filter(query=query, trash=trash)
        ids: list[UUID] = []
        after: Position | None = None
        while True:
            request = PageRequest(sort=sort, after=after, limit=30)
            page = self.runner.run(list_images(self.conn, which, request, extent))
            ids += [image.id for image in page.images]
            if page.next is None:
                return ids
            after = page.next

    def matches(
        self,
        query: Query,
        extent: SearchEstimate,
        limits: SearchLimits,
        *,
        by_cursor: bool = True,
    ) -> list[UUID]:
        """Return the ids on all pages of a search by best match, with cursors or with offsets."""
        which = Filter(query=query)
        ids: list[UUID] = []
        after: Position | None = None
        ranking = self.runner.run(rank(self.conn, which, extent, limits))
        while True:
            skip = 0 if by_cursor else len(ids)
            request = PageRequest(sort="match", after=after, skip=skip, limit=30)
            page = self.runner.run(list_matches(self.conn, which, request, ranking))
            ids += [image.id for image in page.images]
            if page.next is None:
                return ids
            after = page.next if by_cursor else None


@pytest.fixture
def gallery(database_url: str) -> Iterator[Gallery]:
    rows = make_rows()
    with psycopg.connect(database_url, autocommit=True) as conn:
        insert(conn, rows)
    with asyncio.Runner() as runner:
        connecting = psycopg.AsyncConnection.connect(database_url, autocommit=True)
        async_conn: psycopg.AsyncConnection = runner.run(connecting)
        yield Gallery(rows, async_conn, runner)
        runner.run(async_conn.close())


ONE_GALLERY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def ids_of(rows: list[Row]) -> list[UUID]:
    return [row.id for row in rows]


def estimate_of(newest: list[Row], known: str) -> SearchEstimate:
    """Return an estimate of `many` or `few` matches, or of few with `all` of them collected."""
    found = [(row.created_at, row.id) for row in reversed(newest)] if known == "all" else None
    no_facets = Facets([], is_exact=True)
    return SearchEstimate(
        len(newest), is_exact=True, few=known != "many", facets=no_facets, found=found
    )


@ONE_GALLERY
@given(query=queries(), known=st.sampled_from(["many", "few", "all"]), trash=st.booleans())
def test_search_returns_the_matches_of_the_reference(
    gallery: Gallery, query: Query, known: str, *, trash: bool
) -> None:
    newest = gallery.expected(query, trash=trash)

    extent = estimate_of(newest, known)
    assert gallery.pages(query, "newest", extent, trash=trash) == ids_of(newest)
    assert gallery.pages(query, "oldest", extent, trash=trash) == ids_of(newest[::-1])
    which = Filter(query=query, trash=trash)
    extent = gallery.runner.run(measure(gallery.conn, which, facets=2000))
    assert (extent.total, extent.is_exact, extent.few) == (len(newest), True, True)
    assert extent.facets.is_exact
    assert dict(extent.facets.counts) == count_tags(newest, query)


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_image_deleted_after_the_count_does_not_end_the_pagination(
    gallery: Gallery, sort: Sort
) -> None:
    newest = gallery.expected(parse_query(""))
    extent = estimate_of(newest, "all")
    deleted = [newest[10].id, newest[-10].id]
    gallery.runner.run(gallery.conn.execute("DELETE FROM images WHERE id = ANY(%s)", [deleted]))

    remaining = [row.id for row in newest if row.id not in deleted]
    found = gallery.pages(parse_query(""), sort, extent)
    assert found == (remaining if sort == "newest" else remaining[::-1])


@ONE_GALLERY
@given(query=queries())
def test_sort_by_confidence_returns_the_highest_score_first(gallery: Gallery, query: Query) -> None:
    newest = gallery.expected(query)

    by_confidence = sorted(newest, key=lambda row: (row.classes[0][1], row.id), reverse=True)
    for known in ("many", "few", "all"):
        found = gallery.pages(query, "confidence", estimate_of(newest[::-1], known))
        assert found == ids_of(by_confidence)


@ONE_GALLERY
@given(query=queries(), ranked=st.sampled_from([5, 30, 31, 1000]), scarce=st.booleans())
def test_sort_by_match_ranks_the_newest_images_and_appends_older_ones(
    gallery: Gallery, query: Query, ranked: int, *, scarce: bool
) -> None:
    newest = gallery.expected(query)
    best = sorted(newest[:ranked], key=lambda r: (match_score(r, query), r.id), reverse=True)
    ids = ids_of(best + newest[ranked:])

    extent = estimate_of(newest, "many")
    limits = SearchLimits(ranked=ranked, scarce=1000 if scarce else -1)
    assert gallery.matches(query, extent, limits) == ids
    assert gallery.matches(query, extent, limits, by_cursor=False) == ids


@ONE_GALLERY
@given(query=queries())
def test_sort_by_match_ranks_all_images_of_a_small_result(gallery: Gallery, query: Query) -> None:
    newest = gallery.expected(query)
    by_match = sorted(newest, key=lambda row: (match_score(row, query), row.id), reverse=True)

    few = estimate_of(newest, "few")
    assert gallery.matches(query, few, SearchLimits(ranked=3)) == ids_of(by_match)


def test_large_result_is_estimated_from_the_sample(gallery: Gallery) -> None:
    limits = SearchLimits(small_gallery=0, max_exact=0)
    which = Filter(query=parse_query("-zzz"))
    extent = gallery.runner.run(measure(gallery.conn, which, facets=0, limits=limits))
    sampled = gallery.runner.run(sample_size(gallery.conn))

    if sampled:
        assert (extent.total, extent.is_exact, extent.few) == (128 * sampled, False, False)
    else:  # without a match in the sample, all matches are counted
        total = sum(not row.trash for row in gallery.rows)
        assert (extent.total, extent.is_exact, extent.few) == (total, True, True)


async def sample_size(conn: psycopg.AsyncConnection) -> int:
    cur = await conn.execute(
        "SELECT count(*) FROM images WHERE deleted_at IS NULL AND get_byte(sha256, 0) < 2"
    )
    return int((await anext(cur))[0])


def test_small_result_is_collected_while_counting(gallery: Gallery) -> None:
    limits = SearchLimits(small_gallery=0)
    query = parse_query("dog")
    which = Filter(query=query)
    extent = gallery.runner.run(measure(gallery.conn, which, facets=0, limits=limits))

    # The sample of 80 images contains none or one, which predicts few matches.
    assert extent.found == [(row.created_at, row.id) for row in gallery.expected(query)[::-1]]
