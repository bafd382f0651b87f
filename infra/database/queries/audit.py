"""Write, list and expire the events of the audit trail."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from core.ids import new_id

AuditOutcome = Literal["done", "refused", "failed"]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """What happened: who, from where, what, how many, and the outcome.

    Attributes:
        event: Name of the event, `noun.participle`.
        outcome: `done`, `refused` (not permitted) or `failed` (perhaps done in part).
        key_id: API key that acted; None without a key, and for `gallery` on the server.
        key_name: Name of the key at that time.
        address: Address of the client; None for `gallery` on the server.
        count: Number of images, or of refusals with the same address and reason.
        request_id: Id of the request in the log.
        details: Further facts, such as ids. Never secrets or file names.
        at: When it happened.
        id: Id of the event.
    """

    event: str
    outcome: AuditOutcome = "done"
    key_id: UUID | None = None
    key_name: str | None = None
    address: str | None = None
    count: int | None = None
    request_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=_now)
    id: UUID = field(default_factory=new_id)


# The id makes a repeated insertion harmless: whether the first one was committed may be unknown.
ADD_EVENT = """
    INSERT INTO audit_events (id, at, event, outcome, key_id, key_name, address, count,
                              request_id, details)
    VALUES (%(id)s, %(at)s, %(event)s, %(outcome)s, %(key_id)s, %(key_name)s, %(address)s,
            %(count)s, %(request_id)s, %(details)s)
        ON CONFLICT (id) DO NOTHING
"""


async def add_events(conn: AsyncConnection, events: Iterable[AuditEvent]) -> None:
    """Write events to the audit trail."""
    async with conn.cursor() as cur:
        await cur.executemany(ADD_EVENT, [_parameters(each) for each in events])


def add_event(conn: Connection, event: AuditEvent) -> None:
    """Write an event to the audit trail; for commands on the server."""
    conn.execute(ADD_EVENT, _parameters(event))


def _parameters(event: AuditEvent) -> dict[str, object]:
    return asdict(event) | {"details": Jsonb(dict(event.details))}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to list, newest first.

    Attributes:
        since: Only events from this time on.
        event: Only events with this name, or with this noun (`images` for `images.deleted`).
        key: Only events of keys with this name.
        after: Time and id of the last event of the previous page.
        limit: Maximum number of events.
    """

    since: datetime | None = None
    event: str | None = None
    key: str | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 50

    def parameters(self) -> dict[str, object]:
        """Return the parameters of LIST_EVENTS."""
        at, last = self.after or (None, None)
        return {
            "since": self.since,
            "event": self.event,
            "key": self.key,
            "at": at,
            "id": last,
            "limit": self.limit,
        }


LIST_EVENTS = """
    SELECT id, at, event, outcome, key_id, key_name, address, count, request_id, details
      FROM audit_events
     WHERE (%(since)s::timestamptz IS NULL OR at >= %(since)s)
       AND (%(event)s::text IS NULL OR event = %(event)s OR starts_with(event, %(event)s || '.'))
       AND (%(key)s::text IS NULL OR key_name = %(key)s)
       AND (%(at)s::timestamptz IS NULL OR (at, id) < (%(at)s, %(id)s::uuid))
     ORDER BY at DESC, id DESC
     LIMIT %(limit)s
"""


async def list_events(conn: AsyncConnection, which: EventFilter) -> list[AuditEvent]:
    """Return events, newest first."""
    async with conn.cursor(row_factory=class_row(AuditEvent)) as cur:
        await cur.execute(LIST_EVENTS, which.parameters())
        return await cur.fetchall()


def read_events(conn: Connection, which: EventFilter) -> list[AuditEvent]:
    """Return events, newest first; for commands on the server."""
    with conn.cursor(row_factory=class_row(AuditEvent)) as cur:
        return cur.execute(LIST_EVENTS, which.parameters()).fetchall()


DELETE_OLD_EVENTS = """
    DELETE FROM audit_events
     WHERE id IN (
               SELECT id FROM audit_events WHERE at < now() - %(kept_for)s ORDER BY at LIMIT 10000)
"""


async def delete_old_events(conn: AsyncConnection, kept_for: timedelta) -> None:
    """Delete events older than the retention, at most 10,000 per call."""
    await conn.execute(DELETE_OLD_EVENTS, {"kept_for": kept_for})
