"""Minimum transfer rate of request bodies and of exports."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


class SlowClientError(Exception):
    """The client transfers nothing, or less than the minimum rate."""


@dataclass(frozen=True, slots=True)
class MinimumRate:
    """Minimum rate of a transfer.

    Attributes:
        stall_seconds: Maximum time without progress. The same time is the allowance before the
            minimum average rate applies.
        bytes_per_second: Minimum average rate over the time spent waiting for the client. Without
            it, a client that transfers a little at a time would hold its resources for days.
    """

    stall_seconds: float
    bytes_per_second: int


UPLOAD_RATE = MinimumRate(stall_seconds=20.0, bytes_per_second=4 << 10)
DOWNLOAD_RATE = MinimumRate(stall_seconds=120.0, bytes_per_second=16 << 10)


class SlowClientGuard:
    """Limits the time spent waiting for the client during one transfer."""

    def __init__(self, minimum: MinimumRate) -> None:
        self._bytes_per_second = minimum.bytes_per_second
        self._stall_seconds = minimum.stall_seconds
        self._allowance = minimum.stall_seconds
        self._loop = asyncio.get_running_loop()

    def count(self, size: int) -> None:
        """Add to the number of transferred bytes."""
        self._allowance += size / self._bytes_per_second

    async def wait_for(self, step: Awaitable[Result]) -> Result:
        """Await the next step of the transfer and return its result.

        Raises:
            SlowClientError: The client made no progress, or was too slow on average.
        """
        started = self._loop.time()
        seconds = min(self._allowance, self._stall_seconds)
        try:
            async with asyncio.timeout_at(started + seconds):
                result = await step
        except TimeoutError as error:
            raise SlowClientError from error
        self._allowance -= self._loop.time() - started
        return result
