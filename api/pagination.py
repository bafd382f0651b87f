"""Keyset cursors: opaque to clients, a sort key and an id to us."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from core.errors import InvalidRequestError
from core.search.fields import read_moment

Key = TypeVar("Key")

# What Postgres takes for a `real`; others it refuses.
_SMALLEST, _LARGEST = 1.4e-45, 3.4e38


def write_cursor(key: datetime | float, row_id: UUID) -> str:
    """Name the place after a row: what it is sorted by, and its id."""
    text = key.isoformat() if isinstance(key, datetime) else repr(key)
    return base64.urlsafe_b64encode(f"{text} {row_id}".encode()).decode()


def read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The place that a cursor of a list sorted by time names; None is the beginning.

    Raises:
        InvalidRequestError: no such list ever gave out this cursor.
    """
    return _read(cursor, read_moment)


def read_score_cursor(cursor: str | None) -> tuple[float, UUID] | None:
    """The same for a list that is sorted by a score.

    Raises:
        InvalidRequestError: no such list ever gave out this cursor.
    """
    return _read(cursor, _read_score)


def read_match_cursor(cursor: str | None) -> tuple[datetime | float, UUID] | None:
    """The same for a list that is sorted by a score in its first part, and then by time.

    Raises:
        InvalidRequestError: no such list ever gave out this cursor.
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
        raise ValueError("no `real` of Postgres")
    return score


def _read(cursor: str | None, read_key: Callable[[str], Key]) -> tuple[Key, UUID] | None:
    if cursor is None:
        return None
    try:
        key, _, row_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        return read_key(key), UUID(row_id)
    except (ValueError, binascii.Error) as error:
        raise InvalidRequestError("The cursor is not one that this list gave out.") from error
