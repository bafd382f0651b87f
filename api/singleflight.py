"""One answer for all who ask at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class SingleFlight(Generic[Answer]):
    """Work that strangers may ask for: however many do, it is done once at a time."""

    def __init__(self) -> None:
        self._under_way: asyncio.Task[Answer] | None = None

    async def run(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do the work, or wait for who is doing it already."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(_do(work))
        # Who hangs up does not take the answer from the others.
        return await asyncio.shield(self._under_way)


async def _do(work: Callable[[], Awaitable[Answer]]) -> Answer:
    return await work()
