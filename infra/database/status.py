"""How much waits, how much is done."""

from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """Pictures by state, the waiting ones by lane, and the age of the oldest waiting."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    interactive: int
    bulk: int
    oldest_waiting_seconds: float


GET_QUEUE_STATUS = """
    SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
           count(*) FILTER (WHERE status = 'running') AS running,
           count(*) FILTER (WHERE status = 'done') AS done,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
           count(*) FILTER (WHERE status = 'queued' AND lane = 'interactive') AS interactive,
           count(*) FILTER (WHERE status = 'queued' AND lane = 'bulk') AS bulk,
           coalesce(extract(epoch FROM now() - min(created_at)
                                               FILTER (WHERE status = 'queued')), 0)::float8
               AS oldest_waiting_seconds
      FROM images
"""


async def get_queue_status(conn: AsyncConnection) -> QueueStatus:
    """Count the pictures by state."""
    async with conn.cursor(row_factory=class_row(QueueStatus)) as cur:
        await cur.execute(GET_QUEUE_STATUS)
        return await anext(cur)
