"""Keyset cursors: opaque to clients, a time and an id to us."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

from infra.errors import InvalidRequestError


def write_cursor(time: datetime, row_id: UUID) -> str:
    """Name the place after a row."""
    return base64.urlsafe_b64encode(f"{time.isoformat()} {row_id}".encode()).decode()


def read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The place that a cursor names; None is the beginning.

    Raises:
        InvalidRequestError: no list ever gave out this cursor.
    """
    if cursor is None:
        return None
    try:
        time, _, row_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        return datetime.fromisoformat(time), UUID(row_id)
    except (ValueError, binascii.Error) as error:
        raise InvalidRequestError("The cursor is not one that this list gave out.") from error
