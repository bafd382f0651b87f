"""Deduplication of concurrent calls."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class SingleFlight(Generic[Result]):
    """Share one execution of an async function among all concurrent callers.

    Used for expensive endpoints that need no API key: any number of callers causes at most one
    execution at a time.
    """

    def __init__(self) -> None:
        self._running: asyncio.Task[Result] | None = None

    async def run(self, function: Callable[[], Awaitable[Result]]) -> Result:
        """Call the function, or await the call that is already running.

        Raises:
            Exception: the error of the function, for every caller that shared the call.
        """
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(_call(function))
        # A caller that is cancelled must not cancel the call for the others.
        return await asyncio.shield(self._running)


async def _call(function: Callable[[], Awaitable[Result]]) -> Result:
    return await function()
