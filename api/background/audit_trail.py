"""Audit trail: log events at once and write them to the database in the background."""

import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from api.background.runtime import BackgroundService
from core.errors import UnavailableError
from core.ids import new_id
from infra.database.pool import Database
from infra.database.queries.audit import AuditEvent, add_events
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# Equal refusals of one client within this time are one event with their number.
REFUSAL_SECONDS: Final = 60.0
# Clients whose refusals are counted separately; further ones share one count per reason.
MAX_REFUSED: Final = 1000
# Events kept while the database is unavailable. All of them are in the log.
_MAX_WAITING = 10_000
_BATCH = 500


@dataclass(slots=True)
class _Refusals:
    """Refusals of one client for one reason after the first, which was an event of its own."""

    latest: AuditEvent
    since: float
    more: int = 0


class AuditTrail(BackgroundService):
    """Queue of audit events. Adding one neither waits for the database nor fails.

    A killed process loses the events of the last second from the table, not from the log.
    """

    name = "audit_trail"

    def __init__(self, database: Database) -> None:
        super().__init__(interval=1.0)
        self._database = database
        self._waiting: deque[AuditEvent] = deque(maxlen=_MAX_WAITING)
        self._refused: dict[tuple[str, str], _Refusals] = {}

    def add(self, event: AuditEvent) -> None:
        """Log an event and queue it for the table."""
        self.log(event)
        self._waiting.append(event)

    def log(self, event: AuditEvent) -> None:
        """Log an event; for events that the transaction of the change writes to the table."""
        fields = {"key": event.key_name, "client": event.address, "count": event.count}
        given = {name: value for name, value in fields.items() if value is not None}
        log.info(event.event, outcome=event.outcome, **(dict(event.details) | given))

    def refuse(self, client: str, event: AuditEvent) -> None:
        """Add a refusal. Only the first of equal ones is an event; the others are counted.

        Args:
            client: Address or network that the refusals are counted for.
            event: The refusal; equal are those with the same `details["reason"]`.
        """
        reason = f"{event.event} {event.details.get('reason')}"
        known = self._refused.get((client, reason))
        if known is None and len(self._refused) >= MAX_REFUSED:
            client, event = "others", replace(event, address=None, key_id=None, key_name=None)
            known = self._refused.get((client, reason))
        if known is None:
            self._refused[client, reason] = _Refusals(event, time.monotonic())
            self.add(replace(event, count=1))
        else:
            known.latest, known.more = event, known.more + 1

    async def run_once(self) -> None:
        self._end_windows(time.monotonic() - REFUSAL_SECONDS)
        await self._write()

    async def close(self) -> None:
        """Write what is queued, if the database is available."""
        self._end_windows(time.monotonic())
        with suppress(UnavailableError):
            await self._write()

    def _end_windows(self, begun_before: float) -> None:
        for client, refusals in list(self._refused.items()):
            if refusals.since <= begun_before:
                del self._refused[client]
                if refusals.more:
                    now = datetime.now(UTC)
                    self.add(replace(refusals.latest, id=new_id(), at=now, count=refusals.more))

    async def _write(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            try:
                async with self._database.connection() as conn:
                    await add_events(conn, batch)
            except BaseException:
                self._waiting.extendleft(reversed(batch))
                raise
