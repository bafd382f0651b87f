"""Parser of the search language: accepted queries, and positions of syntax errors."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QuerySyntaxError
from core.search import Query, parse_query
from core.search.ast import (
    Clause,
    Inside,
    Name,
    Reason,
    Scores,
    Status,
    Tagged,
    Untagged,
    Uploaded,
    Words,
    to_real,
)
from tests.support.strategies import queries


def word(*words: str) -> Words:
    return Words(words, prefix=True)


def phrase(*words: str) -> Words:
    return Words(words, prefix=False)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  Dog  BALL ", Query((Clause((word("dog"),)), Clause((word("ball"),))))),
        ('"golden retriever"', Query((Clause((phrase("golden", "retriever"),)),))),
        ("golden_retriever", Query((Clause((word("golden", "retriever"),)),))),
        ("black-and-tan", Query((Clause((word("black", "and", "tan"),)),))),
        ("-cat", Query((Clause((word("cat"),), negated=True),))),
        ("a|b | c d", Query((Clause((word("a"), word("b"), word("c"))), Clause((word("d"),))))),
        ('-"hot dog"|x', Query((Clause((phrase("hot", "dog"), word("x")), negated=True),))),
        ("a AND b", Query((Clause((word("a"),)), Clause((word("b"),))))),
        (
            "a OR b | c AND d",
            Query((Clause((word("a"), word("b"), word("c"))), Clause((word("d"),)))),
        ),
        ("or ORANGE and", Query(tuple(Clause((word(each),)) for each in ("or", "orange", "and")))),
        ('"AND"', Query((Clause((phrase("and"),)),))),
        ("*Owl*", Query((Clause((Inside("owl"),)),))),
        ("owl|*hot_dog*", Query((Clause((word("owl"), Inside("hot dog"))),))),
        ("-tag:N02099601", Query((Clause((Tagged(207),), negated=True),))),
        ("score:>=0.6", Query(scores=Scores(low=to_real(0.6)))),
        ("score:60%", Query(scores=Scores(low=to_real(0.6)))),
        ("score:>=.2 score:<=0.5", Query(scores=Scores(to_real(0.2), 0.5))),
        ("top:3 top:1", Query(top=1)),
        ("Status:Failed", Query((Clause((Status("failed"),)),))),
        ("reason:Crashed_Worker", Query((Clause((Reason("crashed_worker"),)),))),
        ("untagged:yes", Query((Clause((Untagged(untagged=True),)),))),
        ('name:"my day*"', Query((Clause((Name("my day*"),)),))),
        (
            "before:2026-01-31T02:00+16:00",
            Query((Clause((Uploaded("before", datetime(2026, 1, 30, 10, tzinfo=UTC)),)),)),
        ),
        (
            "after:2026-01-31",
            Query((Clause((Uploaded("after", datetime(2026, 1, 31, tzinfo=UTC)),)),)),
        ),
    ],
    ids=repr,
)
def test_text_parses_to_query(text: str, query: Query) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize(
    ("text", "included"),
    [("score:>0.5", [False, False, True]), ("score:>=0.5", [False, True, True]),
     ("score:<0.5", [True, False, False]), ("score:<=0.5", [True, True, False])],
)  # fmt: skip
def test_score_bound_is_inclusive_only_with_equals_sign(text: str, included: list[bool]) -> None:
    scores = parse_query(text).scores

    assert [each in scores for each in (0.49, 0.5, 0.51)] == included


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ('dog "golden', 4, 5),
        ("dog -", 5, 6),
        ("a| ", 3, 4),
        ("| a", 0, 1),
        ("a ||b", 3, 4),
        ("cat|-dog", 4, 5),
        ("--cat", 1, 2),
        ("dog colour:red", 4, 14),
        ("score:2", 0, 7),
        ("dog score:high", 4, 14),
        ("-score:0.5", 1, 10),
        ("a|top:1", 2, 7),
        ("top:1|a", 5, 6),
        ("top:0", 0, 5),
        ("status:lost", 0, 11),
        ("dog AND", 7, 8),
        ("dog OR ", 7, 8),
        ("AND dog", 0, 1),
        ("dog AND OR cat", 8, 9),
        ("dog OR -cat", 7, 8),
        ("top:1 OR a", 6, 8),
        ("*", 0, 1),
        ("tag:dog", 0, 7),
        ("reason:not-a-code", 0, 17),
        ("untagged:maybe", 0, 14),
        ("name:", 0, 5),
        ("after:soon", 0, 10),
        ("dog after:0001-01-01T00:00+01:00", 4, 32),
        ("before:9999-12-31T23:59-23:00", 0, 29),
        ("dog !!!", 4, 7),
    ],
)
def test_syntax_error_carries_position(text: str, start: int, end: int) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_query(text)

    assert (caught.value.start, caught.value.end) == (start, end)


@given(queries())
def test_str_of_query_parses_to_same_query(query: Query) -> None:
    assert parse_query(str(query)) == query


@given(st.text(alphabet='ab -|":_>=<.1*%\\é\u3000\x00') | st.text())
def test_any_text_parses_or_raises_error_within_text(text: str) -> None:
    try:
        query = parse_query(text)
    except QuerySyntaxError as error:
        assert 0 <= error.start < error.end <= len(text) + 1  # noqa: PT017 (parsing may also succeed)
    else:
        assert parse_query(str(query)) == query
