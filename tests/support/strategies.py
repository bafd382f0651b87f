"""Hypothesis strategies for search queries."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from core.search.ast import (
    Atom,
    Clause,
    Decided,
    Inside,
    Name,
    Query,
    Reason,
    Scores,
    Status,
    Tagged,
    Untagged,
    Uploaded,
    Words,
    to_real,
)
from core.vocabulary import load_vocabulary
from core.vocabulary.tags import FIRST_CATEGORY

# Words that match one class, many classes, categories, synonyms or nothing; and parts of words.
WORDS = ("dog", "cat", "auto", "golden", "retriever", "ball", "tennis", "animal", "t", "zzz", "car",
         "dogs", "cats", "puppies", "balls", "etriever")  # fmt: skip

SCORES = st.integers(0, 20).map(lambda twentieths: to_real(twentieths / 20))


@st.composite
def scores(draw: st.DrawFn) -> Scores:
    """Generate score ranges, empty ones too."""
    low, high = draw(SCORES), draw(SCORES | st.just(1.0))
    return draw(st.sampled_from([Scores(), Scores(low=low), Scores(high=high), Scores(low, high)]))


def category(name: str) -> int:
    """Return the tag number of a category."""
    categories = load_vocabulary().categories
    return FIRST_CATEGORY + next(each.id for each in categories if each.name == name)


def words() -> st.SearchStrategy[Words]:
    """Generate one or two words, with and without prefix matching."""
    some = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(tuple)
    return st.builds(Words, some, prefix=st.booleans())


def atoms() -> st.SearchStrategy[Atom]:
    """Generate atoms of every kind, half of them words."""
    times = st.datetimes(datetime(2025, 12, 1), datetime(2026, 2, 28), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)
    return st.one_of(
        words(),
        words(),
        words(),
        st.builds(Inside, st.sampled_from(["dog", "cat", "etrieve", "cat egy", "n retr"])),
        st.builds(Tagged, st.sampled_from([207, 281, *map(category, ("dog", "cat", "ball"))])),
        st.builds(Status, st.sampled_from(["queued", "running", "done", "failed", "cancelled"])),
        st.builds(Reason, st.sampled_from(["decode_failed", "crashed_worker", "zzz"])),
        st.builds(Untagged, st.booleans()),
        st.builds(Name, st.sampled_from(["*.jpg", "holiday*", "DAY", "a_b", "%", "x*y", "\\"])),
        st.builds(Decided, st.sampled_from(["confirmed", "rejected", "any", "none"])),
        st.builds(Uploaded, st.sampled_from(["after", "before"]), times),
    )


def queries() -> st.SearchStrategy[Query]:
    """Generate queries of up to three clauses."""
    clauses = st.builds(
        Clause, st.lists(atoms(), min_size=1, max_size=3).map(tuple), negated=st.booleans()
    )
    tops = st.none() | st.integers(1, 5)
    return st.builds(Query, st.lists(clauses, max_size=3).map(tuple), scores(), tops)
