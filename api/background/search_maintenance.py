"""What the API does for search beside the requests: short tallies, sketches into their graph."""

import asyncio

from api.background.loop import FailureLog
from core.errors import DatabaseUnavailableError
from infra.database.pool import Database
from infra.database.queries.queue_stats import is_work_waiting
from infra.database.queries.tallies import fold_tallies
from infra.database.search.similar import grow_graph

PAUSE_SECONDS = 5.0
YIELD_SECONDS = 0.05
# Few at a time leave the database to others: in a graph of 100,000 one takes 2 ms.
SKETCHES_AT_ONCE = 20
# Then the tallies have their turn. While pictures wait to be classified, they come first.
ROUNDS_WHEN_IDLE = 50
ROUNDS_WHEN_BUSY = 1


class SearchMaintenance:
    """Adds the tallies up and lets the graph grow. Several API processes may do so at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Keep search quick until cancelled."""
        failures = FailureLog("search keeping")
        while True:
            with failures.caught(DatabaseUnavailableError):  # the pool logs that it is away
                await self._keep()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _keep(self) -> None:
        async with self._database.connection(seconds=None) as conn:
            await fold_tallies(conn)
            rounds = ROUNDS_WHEN_BUSY if await is_work_waiting(conn) else ROUNDS_WHEN_IDLE
            for _ in range(rounds):
                if not await grow_graph(conn, limit=SKETCHES_AT_ONCE):
                    break
                await asyncio.sleep(YIELD_SECONDS)
