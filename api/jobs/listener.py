"""Wake long polls when images or jobs change, by means of Postgres LISTEN."""

import asyncio
from contextlib import suppress

import psycopg
from psycopg import AsyncConnection

from api.background.loop import FailureLog
from infra.database.pool import limited_conninfo
from infra.database.queries.transitions import CHANGES_CHANNEL
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

_RECONNECT_SECONDS = 1.0


class JobListener:
    """Listens on one database connection per process and wakes all waiting requests."""

    def __init__(self, database_url: str) -> None:
        self._conninfo = limited_conninfo(database_url)
        self._next = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled; reconnect after `_RECONNECT_SECONDS` if the connection fails."""
        failures = FailureLog("listening for changes")
        while True:
            with failures.caught(psycopg.OperationalError):  # the connection pool logs outages
                await self._listen(failures)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, failures: FailureLog) -> None:
        async with await AsyncConnection.connect(
            self._conninfo, autocommit=True, application_name="api changes"
        ) as conn:
            await conn.execute(f"LISTEN {CHANGES_CHANNEL}")
            failures.end()
            async for _ in conn.notifies():
                self.pulse()

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
