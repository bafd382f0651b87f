"""Keep search fast: fold tally rows and insert vectors into the similarity graph."""

import asyncio

from api.background.runtime import BackgroundService
from infra.database.pool import Database
from infra.database.queries.queue_stats import is_work_waiting
from infra.database.queries.tallies import fold_tallies
from infra.database.search.similar import grow_graph

# Pause between two insertions, which leaves the database to requests.
PAUSE_SECONDS = 0.05
# Vectors inserted by one statement. In a graph of 100,000 images one insertion takes 2 ms.
VECTORS_PER_STATEMENT = 20
# Statements per run. While images wait for classification, a run is short.
STATEMENTS_WHEN_IDLE = 50
STATEMENTS_WHEN_BUSY = 1


class SearchMaintenance(BackgroundService):
    """Folds tallies and grows the graph. Several API processes may do so concurrently."""

    name = "search_maintenance"

    def __init__(self, database: Database) -> None:
        super().__init__(interval=5.0)
        self._database = database

    async def run_once(self) -> None:
        async with self._database.connection(limited=False) as conn:
            await fold_tallies(conn)
            is_busy = await is_work_waiting(conn)
            for _ in range(STATEMENTS_WHEN_BUSY if is_busy else STATEMENTS_WHEN_IDLE):
                if not await grow_graph(conn, limit=VECTORS_PER_STATEMENT):
                    break
                await asyncio.sleep(PAUSE_SECONDS)
