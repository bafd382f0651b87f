"""Cache of query results that are valid for one database snapshot.

docs/decisions/0005-snapshot-cache.md explains why no result can be stale.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection

from core.singleflight import SingleFlight

Result = TypeVar("Result")

# The result of a selective search takes up to 0.5 MB: 32 entries take at most 16 MB.
MAX_ENTRIES = 32

# Names the transactions whose changes a statement sees. Two statements with the same value see the
# same data. Each commit of a writing transaction changes the value, and no value occurs again.
GET_STATE: LiteralString = "SELECT pg_current_snapshot()::text"


class SnapshotCache:
    """Bounded LRU cache. Concurrent requests for the same key share one query."""

    def __init__(self, most: int = MAX_ENTRIES) -> None:
        self._most = most
        self._entries: OrderedDict[Hashable, SingleFlight[Any]] = OrderedDict()

    async def get(
        self,
        conn: AsyncConnection,
        key: Hashable,
        load: Callable[[], Awaitable[Result]],
        *,
        state: str | None = None,
    ) -> Result:
        """Return the result for a key; load it if the database has changed since the last load.

        Args:
            conn: Connection to read the current state with.
            key: What identifies the query.
            load: Runs the query. Its errors are raised and not cached.
            state: Result of `GET_STATE` if the caller has just read it with another query.
        """
        requested = time.monotonic()
        if state is None:
            state = str((await anext(await conn.execute(GET_STATE)))[0])
        entry = self._entries.setdefault(key, SingleFlight())
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)
        # A commit during the load changes the state, so that no later request matches this one.
        result: Result = await entry.run(load, version=state, requested=requested)
        return result
