"""Search in Postgres against a slow reference: plain Python over the same rows."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.ids import new_id
from core.search import Query, parse_query
from core.search.ast import Atom, Name, Status, Untagged, Uploaded, Words, to_real
from core.vocabulary import load_vocabulary
from infra.database.search.compiler import Filter
from infra.database.search.estimate import Facets, SearchEstimate, measure
from infra.database.search.pages import PageRequest, Sort, list_images, list_matches
from infra.database.search.ranking import rank
from tests.support.strategies import queries

LABELS = ["golden retriever", "tabby", "Egyptian cat", "tennis ball", "hotdog", "cab", "goldfinch",
          "minivan", "ping-pong ball", "pug"]  # fmt: skip
STATUSES = ["done"] * 6 + ["queued", "failed", "cancelled"]
PICTURES = 80


@dataclass(frozen=True)
class Row:
    """A picture as the test knows it: class indexes and category ids with their scores."""

    id: UUID
    name: str
    status: str
    created_at: datetime
    trash: bool
    classes: list[tuple[int, float]]
    categories: list[tuple[int, float]]


def make_rows() -> list[Row]:
    random = Random(6)
    vocabulary = load_vocabulary()
    indexes = {each.label: each.index for each in vocabulary.classes}
    rows = []
    for number in range(PICTURES):
        chosen = random.sample(LABELS, 5)
        scores = sorted((random.randint(0, 20) / 20 for _ in chosen), reverse=True)
        classes = [(indexes[label], score) for label, score in zip(chosen, scores, strict=True)]
        kinds = random.sample([k for i, _ in classes for k in vocabulary.classes[i].categories], 3)
        rows.append(
            Row(
                id=new_id(),
                name=random.choice(["holiday-{}.jpg", "a_b{}.png", "Day%{}.JPG"]).format(number),
                status=random.choice(STATUSES),
                created_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=random.randint(0, 9)),
                trash=random.random() < 0.2,
                classes=classes,
                categories=[(kind, random.randint(2, 20) / 20) for kind in dict.fromkeys(kinds)],
            )
        )
    return rows


INSERT = """
    INSERT INTO images (id, sha256, name, media_type, bytes, width, height, status, created_at,
                        deleted_at, tags, scores, confidence, classified_at, model,
                        failure_code, failure_detail)
    VALUES (%(id)s, sha256(%(id)s::text::bytea), %(name)s, 'image/png', 1, 1, 1, %(status)s,
            %(created_at)s, %(deleted_at)s, %(tags)s::smallint[], %(scores)s::real[],
            %(confidence)s, now(), 'test',
            CASE WHEN %(status)s = 'failed' THEN 'x' END,
            CASE WHEN %(status)s = 'failed' THEN 'x' END)
"""


def fill(conn: psycopg.Connection, rows: list[Row]) -> None:
    for row in rows:
        tags = row.classes + [(1000 + kind, score) for kind, score in row.categories]
        tags = sorted(tags, key=lambda tag: -tag[1])[::-1]
        conn.execute(
            INSERT,
            {
                "id": row.id,
                "name": row.name,
                "status": row.status,
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


# The reference: what each part of a query means, said once more and slowly.


def shows(row: Row, query: Query) -> bool:
    unsure = asks_for_the_best(query) and not counts(row, query, row.classes[:1])
    return not unsure and all(
        clause.negated != any(holds(row, query, atom) for atom in clause.any_of)
        for clause in query.clauses
    )


def asks_for_the_best(query: Query) -> bool:
    """`score:` is about the best class where nothing else is scored, and pictures may have one."""
    if query.scores.low <= 0 and query.scores.high >= 1:
        return False
    for clause in query.clauses:
        for atom in clause.any_of:
            wants_words = isinstance(atom, Words) and not clause.negated
            wants_another_state = (
                isinstance(atom, Status) and not clause.negated and atom.status != "done"
            )
            if wants_words or wants_another_state or isinstance(atom, Untagged):
                return False
    return True


def holds(row: Row, query: Query, atom: Atom) -> bool:
    match atom:
        case Words():
            return any(tag for tag in tag_scores(row, query, atom))
        case Status(status):
            return row.status == status
        case Untagged(untagged):
            return untagged != counts(row, query, row.classes[:1])
        case Name(pattern):
            wanted = pattern if "*" in pattern else f"*{pattern}*"
            regex = ".*".join(map(re.escape, wanted.lower().split("*")))
            return re.fullmatch(regex, row.name.lower()) is not None
        case Uploaded(side, time):
            return (row.created_at >= time) == (side == "after")


def counts(row: Row, query: Query, scored: list[tuple[int, float]]) -> bool:
    return row.status == "done" and any(score in query.scores for _, score in scored)


def tag_scores(row: Row, query: Query, wanted: Words) -> list[tuple[int, float]]:
    """The classes and categories (as negative numbers) of a row that the words mean and count."""
    vocabulary = load_vocabulary()
    if row.status != "done":
        return []
    found = []
    best = row.classes[: query.top]
    for index, score in best:
        entry = vocabulary.classes[index]
        if is_meant(entry.name, entry.synonyms, wanted, is_class=True):
            found.append((index, score))
    for kind, score in row.categories:
        above = any(kind in vocabulary.classes[index].categories for index, _ in best)
        entry_ = vocabulary.category(kind)
        if (query.top is None or above) and is_meant(
            entry_.name, entry_.synonyms, wanted, is_class=False
        ):
            found.append((-kind, score))
    return [(tag, score) for tag, score in found if score in query.scores]


@cache
def is_meant(name: str, synonyms: tuple[str, ...], wanted: Words, *, is_class: bool) -> bool:
    names = [re.sub(r"[\W_]+", " ", text.lower()) for text in (name, *synonyms)]
    text = " ".join(wanted.words)
    whole = not wanted.prefix or (not is_class and wanted.words[-1] in ALL_WORDS)
    end = r"\b" if whole else ""
    if any(re.search(rf"\b{re.escape(text)}{end}", each) for each in names):
        return True
    return is_class and wanted.prefix and text in CLASS_WORDS and text in names[0]


ALL_WORDS = {
    word
    for each in (*load_vocabulary().classes, *load_vocabulary().categories)
    for name in (each.name, *each.synonyms)
    for word in re.split(r"[\W_]+", name.lower())
}
CLASS_WORDS = {
    word for each in load_vocabulary().classes for word in re.split(r"[\W_]+", each.name.lower())
}


# The checks.


@dataclass
class Gallery:
    """Rows in Postgres, and a connection to look for them."""

    rows: list[Row]
    conn: psycopg.AsyncConnection
    runner: asyncio.Runner

    def pages(
        self, query: Query, sort: Sort, extent: SearchEstimate, *, trash: bool = False
    ) -> list[UUID]:
        which, ids, after = Filter(query=query, trash=trash), [], None
        while True:
            request = PageRequest(sort=sort, after=after, limit=30)
            page = self.runner.run(list_images(self.conn, which, request, extent))
            ids += [image.id for image in page.images]
            if page.next is None:
                return ids
            after = page.next

    def matches(
        self, query: Query, extent: SearchEstimate, *, by_cursor: bool = True
    ) -> list[UUID]:
        which, ids, after = Filter(query=query), [], None
        ranking = self.runner.run(rank(self.conn, which, extent))
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
        fill(conn, rows)
    with asyncio.Runner() as runner:
        conn = runner.run(psycopg.AsyncConnection.connect(database_url, autocommit=True))
        yield Gallery(rows, conn, runner)
        runner.run(conn.close())


ONE_GALLERY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ONE_GALLERY
@given(query=queries(), known=st.sampled_from(["many", "few", "all"]), trash=st.booleans())
def test_a_search_finds_what_the_reference_finds(
    gallery: Gallery, query: Query, known: str, *, trash: bool
) -> None:
    expected = [row for row in gallery.rows if row.trash == trash and shows(row, query)]
    newest = sorted(expected, key=lambda row: (row.created_at, row.id), reverse=True)

    extent = extent_of(newest, known)
    assert gallery.pages(query, "newest", extent, trash=trash) == [row.id for row in newest]
    assert gallery.pages(query, "oldest", extent, trash=trash) == [r.id for r in newest[::-1]]
    which = Filter(query=query, trash=trash)
    extent = gallery.runner.run(measure(gallery.conn, which, facets=2000))
    assert (extent.total, extent.is_exact, extent.few) == (len(expected), True, True)
    assert extent.facets.is_exact
    assert dict(extent.facets.counts) == tag_counts(expected, query)


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_a_picture_deleted_since_the_count_does_not_end_the_pages(
    gallery: Gallery, sort: Sort
) -> None:
    rows = [row for row in gallery.rows if not row.trash]
    newest = sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)
    extent = extent_of(newest, "all")
    gone = [newest[10].id, newest[-10].id]
    gallery.runner.run(gallery.conn.execute("DELETE FROM images WHERE id = ANY(%s)", [gone]))

    left = [row.id for row in newest if row.id not in gone]
    found = gallery.pages(parse_query(""), sort, extent)
    assert found == (left if sort == "newest" else left[::-1])


def extent_of(newest: list[Row], known: str) -> SearchEstimate:
    """What a search may have learned before it reads a page."""
    found = [(row.created_at, row.id) for row in reversed(newest)] if known == "all" else None
    nothing = Facets([], is_exact=True)
    return SearchEstimate(
        len(newest), is_exact=True, few=known != "many", facets=nothing, found=found
    )


def tag_counts(rows: list[Row], query: Query) -> Counter[int]:
    return Counter(
        tag
        for row in rows
        if row.status == "done"
        for tag, score in [*row.classes, *((1000 + kind, score) for kind, score in row.categories)]
        if score in query.scores
    )


@ONE_GALLERY
@given(query=queries())
def test_the_surest_come_first(gallery: Gallery, query: Query) -> None:
    expected = [row for row in gallery.rows if not row.trash and shows(row, query)]

    by_confidence = sorted(expected, key=lambda row: (row.classes[0][1], row.id), reverse=True)
    for known in ("many", "few", "all"):
        extent = extent_of(sorted(expected, key=lambda row: (row.created_at, row.id)), known)
        found = gallery.pages(query, "confidence", extent)
        assert found == [row.id for row in by_confidence]


@ONE_GALLERY
@given(query=queries(), ranked=st.sampled_from([5, 30, 31, 1000]), scarce=st.booleans())
def test_the_best_matches_of_the_newest_come_first_and_then_the_older_ones(
    gallery: Gallery, query: Query, ranked: int, *, scarce: bool
) -> None:
    expected = [row for row in gallery.rows if not row.trash and shows(row, query)]
    newest = sorted(expected, key=lambda row: (row.created_at, row.id), reverse=True)
    best = sorted(newest[:ranked], key=lambda r: (match_of(r, query), r.id), reverse=True)
    ids = [row.id for row in best + newest[ranked:]]

    extent = extent_of(newest, "many")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.database.search.ranking.RANKED", ranked)
        patch.setattr("infra.database.search.ranking.SCARCE", 1000 if scarce else -1)
        assert gallery.matches(query, extent) == ids
        assert gallery.matches(query, extent, by_cursor=False) == ids


@ONE_GALLERY
@given(query=queries())
def test_where_few_are_found_all_are_ranked(gallery: Gallery, query: Query) -> None:
    expected = [row for row in gallery.rows if not row.trash and shows(row, query)]
    by_match = sorted(expected, key=lambda row: (match_of(row, query), row.id), reverse=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.database.search.ranking.RANKED", 3)
        found = gallery.matches(query, extent_of(expected, "few"))
    assert found == [row.id for row in by_match]


def match_of(row: Row, query: Query) -> float:
    """The weakest of the wanted clauses, each as strong as the best tag that it finds."""
    anywhere = Query(query.clauses, query.scores)  # `top:` chooses pictures, it does not rank them
    wanted = [
        [atom for atom in clause.any_of if isinstance(atom, Words)]
        for clause in query.clauses
        if not clause.negated
    ]
    return weakest(row, anywhere, [atoms for atoms in wanted if known(atoms)])


def known(atoms: list[Words]) -> bool:
    return any(is_known(atom) for atom in atoms)


@cache
def is_known(atom: Words) -> bool:
    vocabulary = load_vocabulary()
    return any(
        is_meant(each.name, each.synonyms, atom, is_class=True) for each in vocabulary.classes
    ) or any(
        is_meant(each.name, each.synonyms, atom, is_class=False) for each in vocabulary.categories
    )


def weakest(row: Row, query: Query, wanted: list[list[Words]]) -> float:
    if not wanted:
        return to_real(row.classes[0][1])
    tagged = Row(**{**row.__dict__, "status": "done"})
    bests = [
        max(score for _, score in scores)
        for atoms in wanted
        if (scores := [each for atom in atoms for each in tag_scores(tagged, query, atom)])
    ]
    return to_real(min(bests, default=0))


def test_the_estimate_and_the_count_are_told_apart(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.database.search.estimate.SMALL_GALLERY", 0)
    monkeypatch.setattr("infra.database.search.estimate.MAX_EXACT", 0)
    which = Filter(query=parse_query("-zzz"))
    extent = gallery.runner.run(measure(gallery.conn, which, facets=0))
    hashes = gallery.runner.run(sample_size(gallery.conn))

    if hashes:
        assert (extent.total, extent.is_exact, extent.few) == (128 * hashes, False, False)
    else:  # a sample that shows nothing proves nothing, so that all are counted
        kept = sum(not row.trash for row in gallery.rows)
        assert (extent.total, extent.is_exact, extent.few) == (kept, True, True)


async def sample_size(conn: psycopg.AsyncConnection) -> int:
    cur = await conn.execute(
        "SELECT count(*) FROM images WHERE deleted_at IS NULL AND get_byte(sha256, 0) < 2"
    )
    return int((await anext(cur))[0])


def test_where_few_are_found_each_is_known(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.database.search.estimate.SMALL_GALLERY", 0)
    query = parse_query("dog")
    expected = [row for row in gallery.rows if not row.trash and shows(row, query)]
    extent = gallery.runner.run(measure(gallery.conn, Filter(query=query), facets=0))

    # One in 128 of eighty: the sample is empty or shows a picture, which is still few.
    assert extent.found == sorted((row.created_at, row.id) for row in expected)
