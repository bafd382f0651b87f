"""Answers kept for as long as nothing has been written to the database since."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from psycopg import AsyncConnection

Answer = TypeVar("Answer")

# Of a search that finds few, an answer holds up to half a megabyte.
MOST_ANSWERS = 32

# Which transactions a statement sees. As long as this is the same, so is all that is read; every
# commit of a transaction that wrote anything makes it another, and it never comes back.
GET_STATE = "SELECT pg_current_snapshot()::text"


class Memory:
    """The latest answers, each with the state of the database that it was read in, or a later."""

    def __init__(self, most: int = MOST_ANSWERS) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, tuple[str, Any]] = OrderedDict()

    async def recall(
        self, conn: AsyncConnection, question: Hashable, read: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """The answer, read anew if anything at all has changed since it was read last."""
        state = str((await anext(await conn.execute(GET_STATE)))[0])
        known = self._answers.get(question)
        if known is None or known[0] != state:
            # What is written while this reads makes the state another: nobody asks for this one.
            known = state, await read()
            self._answers[question] = known
        self._answers.move_to_end(question)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
        answer: Answer = known[1]
        return answer
