"""Waiting for something to change, without asking the database again and again."""

import asyncio
from contextlib import suppress

import psycopg
from psycopg import AsyncConnection

from api.background.runtime import BackgroundService
from core.errors import DatabaseUnavailableError
from infra.database.pool import limited_conninfo
from infra.database.queries.leases import CHANGES_CHANNEL


class JobListener(BackgroundService):
    """One listening connection per process, shared by any number of waiting requests."""

    name = "job_listener"

    def __init__(self, database_url: str) -> None:
        super().__init__(interval=1.0)
        self._conninfo = limited_conninfo(database_url)
        self._next = asyncio.Event()

    async def run_once(self) -> None:
        """Connect and listen until the connection breaks.

        Raises:
            DatabaseUnavailableError: the connection could not be opened, or broke.
        """
        try:
            async with await AsyncConnection.connect(
                self._conninfo, autocommit=True, application_name="api changes"
            ) as conn:
                await conn.execute(f"LISTEN {CHANGES_CHANNEL}")
                self.report_success()
                async for _ in conn.notifies():
                    self.pulse()
        except psycopg.OperationalError as error:
            raise DatabaseUnavailableError from error

    def pulse(self) -> None:
        """Wake everyone who waits."""
        self._next.set()
        self._next = asyncio.Event()

    def next(self) -> "ChangeSignal":
        """The change to come. Ask before looking, so that none slips in between."""
        return ChangeSignal(self._next)


class ChangeSignal:
    """Something that will have changed, or has by now."""

    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def wait(self, seconds: float) -> None:
        """Return when it has come, or after so many seconds all the same."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
