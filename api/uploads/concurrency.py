"""How many uploads are read at the same time: past that, refuse at once instead of being late."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import BusyError


class ConcurrencyLimit:
    """Counts those inside."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._inside = 0

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Go in.

        Raises:
            BusyError: it is full.
        """
        if self._inside >= self._most:
            raise BusyError
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
