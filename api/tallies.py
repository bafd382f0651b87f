"""Keeping the tallies short, beside the requests."""

import asyncio
from contextlib import suppress

from infra.database.connection import Database
from infra.database.tallies import fold_tallies
from infra.errors import DatabaseUnavailableError

FOLD_SECONDS = 5.0


class TallyKeeper:
    """Adds the tallies up every few seconds. Several API processes take turns by a lock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Keep them short until cancelled."""
        while True:
            with suppress(DatabaseUnavailableError):  # the pool logs that it is away
                async with self._database.connection() as conn:
                    await fold_tallies(conn)
            await asyncio.sleep(FOLD_SECONDS)
