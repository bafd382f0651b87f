"""Keyset pagination: encode and decode cursors.

A cursor holds the sort key and the id of the last row of a page. Clients treat it as opaque.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from core.errors import InvalidRequestError
from core.search.fields import read_moment

Key = TypeVar("Key")

# Range of a Postgres `real`. Values outside of it make the query fail.
_SMALLEST, _LARGEST = 1.4e-45, 3.4e38


def write_cursor(key: datetime | float, row_id: UUID) -> str:
    """Return the cursor of the page after a row, given the row's sort key and id."""
    text = key.isoformat() if isinstance(key, datetime) else repr(key)
    return base64.urlsafe_b64encode(f"{text} {row_id}".encode()).decode()


def read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Decode the cursor of a list sorted by time; None stands for the first page.

    Raises:
        InvalidRequestError: The cursor is malformed or belongs to a list of another order.
    """
    return _read(cursor, read_moment)


def read_score_cursor(cursor: str | None) -> tuple[float, UUID] | None:
    """Decode the cursor of a list sorted by score; None stands for the first page.

    Raises:
        InvalidRequestError: The cursor is malformed or belongs to a list of another order.
    """
    return _read(cursor, _read_score)


def read_match_cursor(cursor: str | None) -> tuple[datetime | float, UUID] | None:
    """Decode the cursor of a list whose first part is sorted by score and the rest by time.

    Raises:
        InvalidRequestError: The cursor is malformed or belongs to a list of another order.
    """
    return _read(cursor, _read_score_or_time)


def _read_score_or_time(text: str) -> datetime | float:
    try:
        return _read_score(text)
    except ValueError:
        return read_moment(text)


def _read_score(text: str) -> float:
    score = float(text)
    if score != 0 and not _SMALLEST <= abs(score) <= _LARGEST:
        raise ValueError("outside the range of a Postgres `real`")
    return score


def _read(cursor: str | None, read_key: Callable[[str], Key]) -> tuple[Key, UUID] | None:
    if cursor is None:
        return None
    try:
        key, _, row_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        return read_key(key), UUID(row_id)
    except (ValueError, binascii.Error) as error:
        raise InvalidRequestError(
            "Invalid cursor. Pass `next` of a page of this list unchanged."
        ) from error
