"""How fast a request body has to come."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from core.errors import RequestStalledError

Answer = TypeVar("Answer")

# A client that sends nothing for this long, or less than this much a second on average after the
# same time's grace, is cut off.
STALL_SECONDS = 20.0
MIN_BYTES_PER_SECOND = 4096


class SlowClientGuard:
    """How fast a body has to come, from now on."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._received = 0

    def count(self, received: int) -> None:
        self._received += received

    async def keep(self, coming: Awaitable[Answer]) -> Answer:
        """Wait for what comes next.

        Raises:
            RequestStalledError: it came too slowly or stopped coming.
        """
        slowest = self._begun + STALL_SECONDS + self._received / MIN_BYTES_PER_SECOND
        try:
            async with asyncio.timeout_at(min(slowest, self._loop.time() + STALL_SECONDS)):
                return await coming
        except TimeoutError as error:
            raise RequestStalledError from error
