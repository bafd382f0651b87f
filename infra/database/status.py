"""How much waits, how much is done."""

from dataclasses import dataclass
from typing import get_args

from psycopg import AsyncConnection
from psycopg.rows import class_row

from infra.database.submissions import Lane


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
           coalesce(extract(epoch FROM now() - min(waiting_since)
                                               FILTER (WHERE status = 'queued')), 0)::float8
               AS oldest_waiting_seconds
      FROM images
"""


async def get_queue_status(conn: AsyncConnection) -> QueueStatus:
    """Count the pictures by state."""
    async with conn.cursor(row_factory=class_row(QueueStatus)) as cur:
        await cur.execute(GET_QUEUE_STATUS)
        return await anext(cur)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many pictures wait for a worker, and for how long the oldest has."""

    pictures: int
    oldest_seconds: float


GET_WAITING = """
    SELECT count(*) AS pictures,
           greatest(coalesce(extract(epoch FROM now() - min(waiting_since)), 0), 0)::float8
               AS oldest_seconds
      FROM images
     WHERE status = 'queued'
"""


async def get_waiting(conn: AsyncConnection) -> Waiting:
    """What waits for a worker; cheap however large the gallery is."""
    async with conn.cursor(row_factory=class_row(Waiting)) as cur:
        await cur.execute(GET_WAITING)
        return await anext(cur)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneStatus:
    """What waits in one lane."""

    lane: Lane
    pictures: int
    oldest_seconds: float


GET_LANES = """
    SELECT l.lane, count(i.id) AS pictures,
           greatest(coalesce(extract(epoch FROM now() - min(i.waiting_since)), 0), 0)::float8
               AS oldest_seconds
      FROM unnest(%(lanes)s::text[]) AS l (lane)
      LEFT JOIN images AS i ON i.lane = l.lane AND i.status = 'queued'
     GROUP BY l.lane
     ORDER BY l.lane
"""


async def get_lanes(conn: AsyncConnection) -> list[LaneStatus]:
    """What waits, by lane; cheap however large the gallery is."""
    async with conn.cursor(row_factory=class_row(LaneStatus)) as cur:
        await cur.execute(GET_LANES, {"lanes": list(get_args(Lane))})
        return await cur.fetchall()
