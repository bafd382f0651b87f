"""Limits on concurrent requests of one kind, shared fairly between clients."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from core.errors import BusyError

# A client may hold at most this many times the free slots: two thirds of all slots if it is alone,
# less while others hold slots. Some slots therefore stay free for further clients.
_SHARE: Final = 2
# Part of the slots from which the limit counts as crowded.
_CROWDED: Final = 0.75


class ConcurrencyLimit:
    """Semaphore with a fair share per client that refuses, or waits for a limited time.

    A refused client can retry with backoff; a request that is queued for long would time out.

    Args:
        limit: Number of slots.
        what: What the slots are for, in the plural, for the error message.
        wait_seconds: Maximum time to wait for a slot.
    """

    def __init__(self, limit: int, what: str, *, wait_seconds: float = 0.0) -> None:
        self._limit = limit
        self._what = what
        self._wait_seconds = wait_seconds
        self._active = 0
        self._held: Counter[str] = Counter()
        self._released = asyncio.Event()

    @property
    def is_crowded(self) -> bool:
        """Whether most slots are occupied."""
        return self._active >= self._limit * _CROWDED

    @asynccontextmanager
    async def enter(self, client: str | None) -> AsyncIterator[None]:
        """Occupy a slot until the block ends. Different tasks may start and end the block.

        Args:
            client: What counts as one client; None: only the number of slots limits it.

        Raises:
            BusyError: All slots, or the client's share of them, are occupied.
        """
        if not self._admits(client):
            await self._wait(client)
        self._active += 1
        if client is not None:
            self._held[client] += 1
        try:
            yield
        finally:
            self._release(client)

    def _admits(self, client: str | None) -> bool:
        free = self._limit - self._active
        return free > 0 and (client is None or self._held[client] < _SHARE * free)

    async def _wait(self, client: str | None) -> None:
        try:
            async with asyncio.timeout(self._wait_seconds):
                while not self._admits(client):
                    await self._released.wait()
        except TimeoutError as error:
            raise BusyError(
                f"Too many {self._what} in progress; retry in a few seconds."
            ) from error

    def _release(self, client: str | None) -> None:
        self._active -= 1
        if client is not None:
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]
        self._released.set()
        self._released = asyncio.Event()
