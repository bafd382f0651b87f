"""Telling receivers that jobs have ended: an outbox, since a receiver may be away for hours.

A webhook is armed while the end of its job is still to be told, and again when something is added
to the job or tried again. Each telling is a delivery, which is tried until it is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from core.ids import new_id

# The pauses after each try; then it is given up. Each is longer than a try may take.
PAUSES: Final = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)
MAX_ATTEMPTS: Final = len(PAUSES) + 1
DELIVERY_RETENTION = timedelta(days=7)

ARM_WEBHOOK = "UPDATE webhooks SET armed_at = now() WHERE job_id = %(job_id)s"


async def arm_webhook(conn: AsyncConnection, job_id: UUID) -> None:
    """Have the job's next end told, if somebody asked for its end to be."""
    await conn.execute(ARM_WEBHOOK, {"job_id": job_id})


@dataclass(frozen=True, slots=True)
class Ended:
    """A job whose end is to be told, as of an arming."""

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
    """Jobs that have ended and of which that is still to be told."""
    async with conn.cursor(row_factory=class_row(Ended)) as cur:
        await cur.execute(LIST_ENDED, {"limit": limit})
        return await cur.fetchall()


# Of two processes one finds it armed so. Armed anew meanwhile, the job has not ended after all.
ADD_DELIVERY = """
    WITH told AS (
        UPDATE webhooks
           SET armed_at = NULL
         WHERE job_id = %(job_id)s
           AND armed_at = %(armed_at)s
        RETURNING job_id, url
    )
    INSERT INTO deliveries (id, job_id, url, body)
    SELECT %(id)s, job_id, url, %(body)s
      FROM told
"""


async def add_delivery(conn: AsyncConnection, ended: Ended, body: str) -> bool:
    """Put the telling of a job's end into the outbox, once."""
    cur = await conn.execute(
        ADD_DELIVERY,
        {"id": new_id(), "job_id": ended.job_id, "armed_at": ended.armed_at, "body": body},
    )
    return bool(cur.rowcount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One telling, and which try of it this is. Its id is the same at every try."""

    id: UUID
    job_id: UUID
    url: str
    body: str
    tries: int


# Whoever takes a delivery and dies leaves it to the others after the pause.
CLAIM_DUE_DELIVERIES = """
    UPDATE deliveries
       SET tries = tries + 1,
           due_at = now() + (%(pauses)s::interval[])[least(tries + 1, %(count)s)]
     WHERE id IN (
               SELECT id
                 FROM deliveries
                WHERE state = 'waiting'
                  AND due_at <= now()
                ORDER BY due_at
                LIMIT %(limit)s
                  FOR UPDATE SKIP LOCKED)
    RETURNING id, job_id, url, body, tries
"""


async def claim_due_deliveries(
    conn: AsyncConnection, *, limit: int, pauses: Sequence[timedelta] = PAUSES
) -> list[Delivery]:
    """Deliveries whose time has come; nobody else gets them until their next."""
    async with conn.cursor(row_factory=class_row(Delivery)) as cur:
        await cur.execute(
            CLAIM_DUE_DELIVERIES, {"limit": limit, "pauses": list(pauses), "count": len(pauses)}
        )
        return await cur.fetchall()


RECORD_ATTEMPT = """
    UPDATE deliveries
       SET state = CASE WHEN %(taken)s THEN 'delivered'
                        WHEN %(final)s THEN 'failed'
                        ELSE state END,
           answer = %(answer)s
     WHERE id = %(id)s
"""


async def record_attempt(
    conn: AsyncConnection, delivery: Delivery, answer: str, *, taken: bool, final: bool = False
) -> None:
    """Record what came of a try."""
    await conn.execute(
        RECORD_ATTEMPT, {"id": delivery.id, "answer": answer, "taken": taken, "final": final}
    )


DELETE_OLD_DELIVERIES = """
    DELETE FROM deliveries WHERE state <> 'waiting' AND created_at < now() - %(kept_for)s
"""


async def delete_old_deliveries(conn: AsyncConnection) -> None:
    """Forget those that ended long ago."""
    await conn.execute(DELETE_OLD_DELIVERIES, {"kept_for": DELIVERY_RETENTION})


COUNT_DELIVERIES = "SELECT state, count(*) FROM deliveries GROUP BY state"


async def count_deliveries(conn: AsyncConnection) -> dict[str, int]:
    """How many of the last days there are by state."""
    cur = await conn.execute(COUNT_DELIVERIES)
    return {str(state): int(number) for state, number in await cur.fetchall()}
