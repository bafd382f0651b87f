"""Column assignments and the notification that several transitions share."""

from collections.abc import Mapping
from typing import LiteralString, TypeAlias

from psycopg import AsyncConnection

# Assignments of an UPDATE of images: SQL expressions by column.
Columns: TypeAlias = Mapping[str, LiteralString]

# Channel of notifications after changes of states. Listeners read the changes from the tables.
CHANGES_CHANNEL = "gallery_changes"

NOTIFY_CHANGES = f"SELECT pg_notify('{CHANGES_CHANNEL}', '')"


async def notify_changes(conn: AsyncConnection) -> None:
    """Notify the listeners that states of images have changed."""
    await conn.execute(NOTIFY_CHANGES)


# The sweeper publishes a queued image when the last message for it is older than this. Dating a
# message back by the delay makes the next sweep, within 2 s, publish the image.
PUBLISH_DELAY: LiteralString = "interval '10 seconds'"
PUBLISH_AT_NEXT_SWEEP: LiteralString = f"now() - {PUBLISH_DELAY}"

LEASE_ENDED: Columns = {"lease": "NULL", "leased_until": "NULL", "changed_at": "now()"}

# An image that crashed its worker twice remains a suspect when it is queued again: it keeps one
# attempt, is claimed alone, and fails after its next crash.
ATTEMPTS_OF_ENDED: LiteralString = (
    "CASE WHEN images.failure_code = 'crashed_worker' THEN 1 ELSE 0 END"
)


def failed(*, code: LiteralString, detail: LiteralString) -> Columns:
    """Return the assignments that end a lease with a failure."""
    return {"status": "'failed'", "failure_code": code, "failure_detail": detail, **LEASE_ENDED}


def queued_again(
    *, attempts: LiteralString, published_at: LiteralString = PUBLISH_AT_NEXT_SWEEP
) -> Columns:
    """Return the assignments that put an image back on the queue.

    Args:
        attempts: Number of crashes to keep; an image with any is claimed alone.
        published_at: Time of the last message for the image.
    """
    return {
        "status": "'queued'",
        "attempts": attempts,
        "failure_code": "NULL",
        "failure_detail": "NULL",
        "announced_at": published_at,
        "announcements": "0",
        **LEASE_ENDED,
    }


def ended_queued_again(*, lane: LiteralString) -> Columns:
    """Return the assignments that put a done, failed or cancelled image back on the queue."""
    return {**queued_again(attempts=ATTEMPTS_OF_ENDED), "lane": lane, "waiting_since": "now()"}


def choose(condition: LiteralString, columns: Columns, otherwise: Columns | None = None) -> Columns:
    """Return assignments that apply where a condition holds.

    Where it does not hold, `otherwise` applies; columns missing there keep their values.
    """
    other = otherwise or {}
    return {
        name: columns[name]
        if columns.get(name) == other.get(name)
        else f"CASE WHEN {condition} THEN {columns.get(name, f'images.{name}')}"
        f" ELSE {other.get(name, f'images.{name}')} END"
        for name in {**columns, **other}
    }


def assign(columns: Columns) -> LiteralString:
    """Return the assignments as the list after SET."""
    return ",\n           ".join(f"{name} = {value}" for name, value in columns.items())
