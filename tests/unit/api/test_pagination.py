"""Cursors name a place in a list and survive the trip to a client and back."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from api.pagination import read_cursor, read_score_cursor, write_cursor
from core.errors import InvalidRequestError


def test_a_cursor_is_read_as_it_was_written() -> None:
    time, row = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), UUID(int=7)

    assert read_cursor(write_cursor(time, row)) == (time, row)


def test_no_cursor_is_the_beginning() -> None:
    assert read_cursor(None) is None


def test_a_cursor_written_far_from_utc_is_told_in_utc() -> None:
    far = datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=23)))
    read = read_cursor(write_cursor(far, UUID(int=7)))

    assert read == (datetime(2026, 1, 1, 1, tzinfo=UTC), UUID(int=7))
    assert read[0].utcoffset() == timedelta()


@pytest.mark.parametrize(
    "outside",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=1))),
    ],
)
def test_a_cursor_outside_all_years_is_refused(outside: datetime) -> None:
    with pytest.raises(InvalidRequestError, match="not one that this list gave out"):
        read_cursor(write_cursor(outside, UUID(int=7)))


@pytest.mark.parametrize("cursor", ["", "x", "💥", "MTIz", "MjAyNi0wMS0wMiBub3QtYW4taWQ="])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequestError, match="not one that this list gave out"):
        read_cursor(cursor)


@pytest.mark.parametrize("score", [0.0, 1.0, 0.123456789, -1.0, 1.4e-45])
def test_a_score_is_read_as_it_was_written(score: float) -> None:
    assert read_score_cursor(write_cursor(score, UUID(int=7))) == (score, UUID(int=7))


@pytest.mark.parametrize("score", [1e300, -1e300, 1e-300, float("inf"), float("nan")])
def test_a_score_that_postgres_cannot_hold_is_refused(score: float) -> None:
    with pytest.raises(InvalidRequestError, match="not one that this list gave out"):
        read_score_cursor(write_cursor(score, UUID(int=7)))
