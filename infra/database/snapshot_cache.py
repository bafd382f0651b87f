"""Answers kept for as long as nothing has been written to the database since."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection

Answer = TypeVar("Answer")

# Of a search that finds few, an answer holds up to half a megabyte.
MAX_ENTRIES = 32

# Which transactions a statement sees. As long as this is the same, so is all that is read; every
# commit of a transaction that wrote anything makes it another, and it never comes back.
GET_STATE: LiteralString = "SELECT pg_current_snapshot()::text"


@dataclass(slots=True)
class _Entry:
    """An answer, the state that it was read in or before, and when the reading began."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    state: str = ""
    begun: float = -math.inf
    answer: Any = None

    def holds(self, state: str, asked: float) -> bool:
        """What was read after somebody asked is no older than what he would read himself."""
        return self.state == state or self.begun >= asked


class SnapshotCache:
    """The latest answers. Of several who ask for the same at once, one reads."""

    def __init__(self, most: int = MAX_ENTRIES) -> None:
        self._most = most
        self._known: OrderedDict[Hashable, _Entry] = OrderedDict()

    async def get(
        self,
        conn: AsyncConnection,
        question: Hashable,
        read: Callable[[], Awaitable[Answer]],
        *,
        state: str | None = None,
    ) -> Answer:
        """The answer, read anew if anything at all has changed since it was read last.

        Who has just read something else, and `GET_STATE` with it, gives the `state`.
        """
        asked = time.monotonic()
        if state is None:
            state = str((await anext(await conn.execute(GET_STATE)))[0])
        known = self._known.setdefault(question, _Entry())
        self._known.move_to_end(question)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        if not known.holds(state, asked):
            async with known.lock:
                if not known.holds(state, asked):
                    await self._read(known, state, read)
        answer: Answer = known.answer
        return answer

    async def _read(self, known: _Entry, state: str, read: Callable[[], Awaitable[Answer]]) -> None:
        begun = time.monotonic()
        answer = await read()
        # What is written while this reads makes the state another: nobody asks for this one.
        known.state, known.begun, known.answer = state, begun, answer
