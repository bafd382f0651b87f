"""Pages of lists."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

Item_co = TypeVar("Item_co", covariant=True)
_MAX_SIZE = 500  # items; the API's limit


class Page(Protocol[Item_co]):
    """Page of a list."""

    @property
    def items(self) -> Sequence[Item_co]:
        """Items of the page."""

    @property
    def next(self) -> str | None:
        """Cursor of the next page; None on the last one."""


def page_size(limit: int | None) -> int:
    """Return the number of items per page, to list up to `limit` items."""
    return _MAX_SIZE if limit is None else max(1, min(limit, _MAX_SIZE))
