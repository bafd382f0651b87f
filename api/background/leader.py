"""Leader election among the API processes."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from psycopg import AsyncConnection

from core.errors import DatabaseUnavailableError
from infra.database.pool import Database
from infra.database.queries.recovery import try_sweeper_lock


class Leader:
    """Leadership of this process, which lasts as long as a connection with an advisory lock.

    Postgres releases the lock when the process or the connection ends; another process then
    acquires it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._conn: AsyncConnection | None = None
        self._borrowed = AsyncExitStack()
        self._acquiring = asyncio.Lock()

    async def acquire(self) -> bool:
        """Become the leader unless another process is. Return whether this process leads.

        Raises:
            DatabaseUnavailableError: The database cannot be queried.
        """
        async with self._acquiring, AsyncExitStack() as stack:
            if self._conn is None:
                conn = await stack.enter_async_context(self._database.connection(limited=False))
                if await try_sweeper_lock(conn):
                    self._conn, self._borrowed = conn, stack.pop_all()
            return self._conn is not None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Yield the connection that holds the lock, so that the block never waits for the pool.

        If the block fails, this process resigns, since another one may succeed.

        Raises:
            DatabaseUnavailableError: This process does not lead, or the connection broke, or the
                block ran into a timeout.
        """
        if self._conn is None:
            raise DatabaseUnavailableError
        try:
            yield self._conn
        except BaseException:
            await self._end(*sys.exc_info())
            raise

    async def resign(self) -> None:
        """Release the lock."""
        await self._end(None, None, None)

    async def _end(self, *error: object) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            await conn.close()  # in the pool, the connection would keep the lock
            await self._borrowed.__aexit__(*error)  # type: ignore[arg-type]
