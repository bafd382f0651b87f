"""Minimum transfer rate of request bodies and of responses."""

import asyncio
import math
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
        crowded_bytes_per_second: Minimum average rate while most slots are occupied; the same as
            `bytes_per_second` if omitted.
        total_seconds: Maximum time spent waiting for the client.
    """

    stall_seconds: float
    bytes_per_second: int
    crowded_bytes_per_second: int | None = None
    total_seconds: float = math.inf


# 256 MiB in half an hour are 146 KiB/s.
UPLOAD_RATE = MinimumRate(
    stall_seconds=20.0,
    bytes_per_second=4 << 10,
    crowded_bytes_per_second=32 << 10,
    total_seconds=1800.0,
)
DOWNLOAD_RATE = MinimumRate(stall_seconds=120.0, bytes_per_second=16 << 10)


class TransferClock:
    """Bytes transferred and time spent waiting for the client in one transfer."""

    def __init__(self, minimum: MinimumRate) -> None:
        self._minimum = minimum
        self._transferred = 0
        self._waited = 0.0

    def count(self, size: int, seconds: float = 0.0) -> None:
        """Add transferred bytes, and time spent waiting for the client."""
        self._transferred += size
        self._waited += seconds

    def seconds_left(self, *, crowded: bool = False) -> float:
        """Return how long the client may take until its next progress; 0 or less if it is late.

        Args:
            crowded: Whether other clients need the resources that the transfer holds.
        """
        minimum = self._minimum
        rate = (crowded and minimum.crowded_bytes_per_second) or minimum.bytes_per_second
        allowed = minimum.stall_seconds + self._transferred / rate
        return min(minimum.stall_seconds, min(allowed, minimum.total_seconds) - self._waited)


class SlowClientGuard:
    """Limits the time spent waiting for the client during one transfer."""

    def __init__(self, minimum: MinimumRate) -> None:
        self._clock = TransferClock(minimum)
        self._loop = asyncio.get_running_loop()

    def count(self, size: int) -> None:
        """Add to the number of transferred bytes."""
        self._clock.count(size)

    async def wait_for(self, step: Awaitable[Result], *, crowded: bool = False) -> Result:
        """Await the next step of the transfer and return its result.

        Raises:
            SlowClientError: The client made no progress, or was too slow on average.
        """
        started = self._loop.time()
        try:
            async with asyncio.timeout_at(started + self._clock.seconds_left(crowded=crowded)):
                result = await step
        except TimeoutError as error:
            raise SlowClientError from error
        self._clock.count(0, self._loop.time() - started)
        return result
