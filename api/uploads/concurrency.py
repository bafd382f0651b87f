"""Limit of concurrent uploads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from api.dependencies import resource
from core.errors import BusyError


class ConcurrencyLimit:
    """Semaphore that refuses instead of waiting.

    A refused client can retry with backoff; a queued upload would time out.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._active = 0

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Occupy a slot until the block ends.

        Raises:
            BusyError: All slots are occupied.
        """
        if self._active >= self._limit:
            raise BusyError
        self._active += 1
        try:
            yield
        finally:
            self._active -= 1


UploadSlotsDep = Annotated[ConcurrencyLimit, resource("upload_slots")]
