"""Webhooks and the outbox of their deliveries.

A webhook is armed while the end of its job has not been reported. Adding files to the job or
retrying images arms it again. When the job has ended, the webhook is disarmed and a delivery is
added to the outbox. Each delivery is attempted until the receiver accepts it or the attempts are
used up.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from core.ids import new_id

DELIVERY_RETENTION = timedelta(days=7)

ARM_WEBHOOK = "UPDATE webhooks SET armed_at = now() WHERE job_id = %(job_id)s"


async def arm_webhook(conn: AsyncConnection, job_id: UUID) -> None:
    """Arm the webhook of a job, if the job has one, so that its next end is reported."""
    await conn.execute(ARM_WEBHOOK, {"job_id": job_id})


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that has ended and whose webhook is armed since `armed_at`."""

    job_id: UUID
    armed_at: datetime


LIST_ENDED = """
    SELECT w.job_id, w.armed_at
      FROM webhooks AS w
     WHERE w.armed_at IS NOT NULL
       AND NOT EXISTS (
               SELECT
                 FROM job_items AS t
                 JOIN images AS i ON i.id = t.image_id
                WHERE t.job_id = w.job_id
                  AND t.outcome = 'accepted'
                  AND i.status IN ('queued', 'running'))
     LIMIT %(limit)s
"""


async def list_ended(conn: AsyncConnection, *, limit: int) -> list[Ended]:
    """Return jobs that have ended and whose webhook is still armed."""
    async with conn.cursor(row_factory=class_row(Ended)) as cur:
        await cur.execute(LIST_ENDED, {"limit": limit})
        return await cur.fetchall()


# `armed_at` guards against two processes that report the same end, and against a webhook that was
# armed again since the job was read: that job has not ended.
ADD_DELIVERY = """
    WITH disarmed AS (
        UPDATE webhooks
           SET armed_at = NULL
         WHERE job_id = %(job_id)s
           AND armed_at = %(armed_at)s
        RETURNING job_id, url
    )
    INSERT INTO deliveries (id, job_id, url, body)
    SELECT %(id)s, job_id, url, %(body)s
      FROM disarmed
"""


async def add_delivery(conn: AsyncConnection, ended: Ended, body: str) -> bool:
    """Disarm the webhook and add a delivery to the outbox.

    Returns False if the webhook was disarmed or armed again in the meantime.
    """
    cur = await conn.execute(
        ADD_DELIVERY,
        {"id": new_id(), "job_id": ended.job_id, "armed_at": ended.armed_at, "body": body},
    )
    return bool(cur.rowcount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery in the outbox. `tries` counts its attempts; its id is the same for all of them.

    `receiver` is the host and port of the URL.
    """

    id: UUID
    job_id: UUID
    url: str
    receiver: str
    body: str
    tries: int


_RECEIVER: LiteralString = "lower(substring(url FROM '://([^/?#]*)'))"

# The next due time is set before the attempt. If the process dies during the attempt, another one
# claims the delivery after the delay. Rows that another process claims meanwhile are skipped.
CLAIM_DUE_DELIVERIES: LiteralString = f"""
    WITH due AS (
        SELECT id, due_at,
               row_number() OVER (PARTITION BY {_RECEIVER} ORDER BY due_at) AS number
          FROM deliveries
         WHERE state = 'waiting'
           AND due_at <= now()
           AND {_RECEIVER} <> ALL(%(skipped)s)
    )
    UPDATE deliveries
       SET tries = tries + 1,
           due_at = now() + (%(pauses)s::interval[])[least(tries + 1, %(count)s)]
     WHERE id IN (
               SELECT id
                 FROM deliveries
                WHERE state = 'waiting'
                  AND due_at <= now()
                  AND id IN (SELECT id
                               FROM due
                              WHERE number <= %(per_receiver)s
                              ORDER BY due_at
                              LIMIT %(limit)s)
                  FOR UPDATE SKIP LOCKED)
    RETURNING id, job_id, url, {_RECEIVER} AS receiver, body, tries
"""


async def claim_due_deliveries(
    conn: AsyncConnection,
    *,
    limit: int,
    per_receiver: int,
    skipped: Collection[str],
    pauses: Sequence[timedelta],
) -> list[Delivery]:
    """Claim deliveries that are due, until the pause after this attempt has passed.

    Args:
        conn: Connection in autocommit mode.
        limit: Maximum number of deliveries.
        per_receiver: Maximum number of deliveries to one receiver.
        skipped: Receivers without new deliveries.
        pauses: Pause after each attempt; the last one also follows any further attempt.
    """
    parameters = {
        "limit": limit,
        "per_receiver": per_receiver,
        "skipped": list(skipped),
        "pauses": list(pauses),
        "count": len(pauses),
    }
    async with conn.cursor(row_factory=class_row(Delivery)) as cur:
        await cur.execute(CLAIM_DUE_DELIVERIES, parameters)
        return await cur.fetchall()


RECORD_ATTEMPT = """
    UPDATE deliveries
       SET state = CASE WHEN %(accepted)s THEN 'delivered'
                        WHEN %(final)s THEN 'failed'
                        ELSE state END,
           answer = %(answer)s
     WHERE id = %(id)s
"""


async def record_attempt(
    conn: AsyncConnection, delivery: Delivery, answer: str, *, accepted: bool, final: bool = False
) -> None:
    """Record the result of an attempt.

    Args:
        conn: The connection.
        delivery: The attempted delivery.
        answer: The response of the receiver or the error, for operators.
        accepted: Whether the receiver accepted the delivery.
        final: Whether no further attempt follows.
    """
    await conn.execute(
        RECORD_ATTEMPT, {"id": delivery.id, "answer": answer, "accepted": accepted, "final": final}
    )


DELETE_OLD_DELIVERIES = """
    DELETE FROM deliveries WHERE state <> 'waiting' AND created_at < now() - %(kept_for)s
"""


async def delete_old_deliveries(conn: AsyncConnection) -> None:
    """Delete delivered and failed deliveries that are older than 7 days."""
    await conn.execute(DELETE_OLD_DELIVERIES, {"kept_for": DELIVERY_RETENTION})


COUNT_DELIVERIES = "SELECT state, count(*) FROM deliveries GROUP BY state"


async def count_deliveries(conn: AsyncConnection) -> dict[str, int]:
    """Return the number of deliveries in the outbox by state."""
    cur = await conn.execute(COUNT_DELIVERIES)
    return {str(state): int(number) for state, number in await cur.fetchall()}
