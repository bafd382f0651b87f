"""Limit on concurrent exports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import BusyError


class ExportSlots:
    """Semaphore that waits for a limited time.

    A semaphore and not a CapacityLimiter, because different tasks start and end a response.
    """

    def __init__(self, count: int, *, wait_seconds: float) -> None:
        self._slots = asyncio.Semaphore(count)
        self._wait_seconds = wait_seconds

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """Wait for a free slot and hold it. Short exports end within the maximum wait.

        Raises:
            BusyError: No slot became free.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._slots.acquire()
        except TimeoutError as error:
            raise BusyError("Too many exports in progress; retry in a few seconds.") from error
        try:
            yield
        finally:
            self._slots.release()
