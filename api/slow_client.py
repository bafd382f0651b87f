"""Minimum transfer rate of request bodies."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from core.errors import RequestStalledError

Received = TypeVar("Received")

# A request is aborted when no byte arrives for STALL_SECONDS, or when the average rate falls below
# MIN_BYTES_PER_SECOND after an initial STALL_SECONDS of grace.
STALL_SECONDS = 20.0
MIN_BYTES_PER_SECOND = 4096


class SlowClientGuard:
    """Deadline for a request body that moves forward with each received byte."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._received = 0

    def count(self, received: int) -> None:
        """Add to the number of received bytes."""
        self._received += received

    async def wait_for(self, part: Awaitable[Received]) -> Received:
        """Await the next part of the body and return it.

        Raises:
            RequestStalledError: The part did not arrive before the deadline.
        """
        slowest = self._started + STALL_SECONDS + self._received / MIN_BYTES_PER_SECOND
        try:
            async with asyncio.timeout_at(min(slowest, self._loop.time() + STALL_SECONDS)):
                return await part
        except TimeoutError as error:
            raise RequestStalledError from error
