"""Encoding and decoding of pagination cursors."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from api.pagination import read_cursor, read_score_cursor, write_cursor
from core.errors import InvalidRequestError


def test_cursor_round_trips() -> None:
    time, row = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), UUID(int=7)

    assert read_cursor(write_cursor(time, row)) == (time, row)


def test_missing_cursor_is_first_page() -> None:
    assert read_cursor(None) is None


def test_cursor_time_is_converted_to_utc() -> None:
    time = datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=23)))
    decoded = read_cursor(write_cursor(time, UUID(int=7)))

    assert decoded == (datetime(2026, 1, 1, 1, tzinfo=UTC), UUID(int=7))
    assert decoded[0].utcoffset() == timedelta()


@pytest.mark.parametrize(
    "time",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=1))),
    ],
)
def test_cursor_time_out_of_range_in_utc_is_refused(time: datetime) -> None:
    with pytest.raises(InvalidRequestError, match="Invalid cursor"):
        read_cursor(write_cursor(time, UUID(int=7)))


@pytest.mark.parametrize("cursor", ["", "x", "💥", "MTIz", "MjAyNi0wMS0wMiBub3QtYW4taWQ="])
def test_malformed_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequestError, match="Invalid cursor"):
        read_cursor(cursor)


@pytest.mark.parametrize("score", [0.0, 1.0, 0.123456789, -1.0, 1.4e-45])
def test_score_cursor_round_trips(score: float) -> None:
    assert read_score_cursor(write_cursor(score, UUID(int=7))) == (score, UUID(int=7))


@pytest.mark.parametrize("score", [1e300, -1e300, 1e-300, float("inf"), float("nan")])
def test_score_out_of_postgres_range_is_refused(score: float) -> None:
    with pytest.raises(InvalidRequestError, match="Invalid cursor"):
        read_score_cursor(write_cursor(score, UUID(int=7)))
