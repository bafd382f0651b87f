"""Wake long polls when images or jobs change, by means of Postgres LISTEN."""

import asyncio
from contextlib import suppress
from typing import Annotated

import psycopg
from psycopg import AsyncConnection

from api.background.runtime import BackgroundService
from api.dependencies import resource
from core.errors import DatabaseUnavailableError
from infra.database.pool import limited_conninfo
from infra.database.queries.transitions import CHANGES_CHANNEL


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
            DatabaseUnavailableError: The connection could not be opened, or broke.
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
        """Wake all requests that wait for a change."""
        self._next.set()
        self._next = asyncio.Event()

    def next(self) -> "ChangeSignal":
        """Return a signal for the next change.

        Call it before reading the state, so that a change between the read and the wait is not
        missed.
        """
        return ChangeSignal(self._next)


class ChangeSignal:
    """Signal of one future change."""

    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def wait(self, seconds: float) -> None:
        """Return after the change, or after this many seconds without one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()


JobListenerDep = Annotated[JobListener, resource("job_listener")]
