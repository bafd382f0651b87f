"""Waiting for something to change, without asking the database again and again."""

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
    """One listening connection per process, and any number of waiters behind it."""

    def __init__(self, database_url: str) -> None:
        self._conninfo = limited_conninfo(database_url)
        self._next = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled; connect again whenever the connection breaks."""
        failures = FailureLog("listening for changes")
        while True:
            with failures.caught(psycopg.OperationalError):  # the pool logs that it is away
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
