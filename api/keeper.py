"""What the API does for search beside the requests: short tallies, sketches of new pictures."""

import asyncio
from contextlib import suppress

from infra.database.connection import Database
from infra.database.embeddings import sketch_waiting
from infra.database.tallies import fold_tallies
from infra.errors import DatabaseUnavailableError

PAUSE_SECONDS = 5.0
BREATH_SECONDS = 0.05
# Then the tallies have their turn.
MOST_ROUNDS = 50


# Few at a time leave the database to others; what one insertion costs has not been measured.
SKETCHES_AT_ONCE = 20


class SearchKeeper:
    """Adds the tallies up and sketches new pictures. Several API processes may do so at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Keep search quick until cancelled."""
        while True:
            with suppress(DatabaseUnavailableError):  # the pool logs that it is away
                await self._keep()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _keep(self) -> None:
        async with self._database.connection(seconds=None) as conn:
            await fold_tallies(conn)
            for _ in range(MOST_ROUNDS):
                if not await sketch_waiting(conn, limit=SKETCHES_AT_ONCE):
                    break
                await asyncio.sleep(BREATH_SECONDS)
