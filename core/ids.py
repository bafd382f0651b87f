"""Row ids."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a UUID version 7, which sorts by creation time and so keeps index inserts local."""
    return uuid7()
