"""Cursors name a place in a list and survive the trip to a client and back."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from api.cursors import read_cursor, write_cursor
from infra.errors import InvalidRequestError


def test_a_cursor_is_read_as_it_was_written() -> None:
    time, row = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), UUID(int=7)

    assert read_cursor(write_cursor(time, row)) == (time, row)


def test_no_cursor_is_the_beginning() -> None:
    assert read_cursor(None) is None


@pytest.mark.parametrize("cursor", ["", "x", "💥", "MTIz", "MjAyNi0wMS0wMiBub3QtYW4taWQ="])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequestError, match="not one that this list gave out"):
        read_cursor(cursor)
