"""Statistics of the queue: image counts by state and lane, and the age of the oldest image."""

from dataclasses import dataclass
from typing import get_args

from psycopg import AsyncConnection
from psycopg.rows import class_row

from core.types import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """Image counts by state, queued images by lane, and the age of the oldest queued image."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    interactive: int
    bulk: int
    oldest_waiting_seconds: float


# Counts by state come from the tallies. Only queued images are read, from an index of their own.
GET_QUEUE_STATUS = """
    SELECT t.*, w.*
      FROM (SELECT coalesce(sum(images) FILTER (WHERE status = 'queued'), 0)::bigint AS queued,
                   coalesce(sum(images) FILTER (WHERE status = 'running'), 0)::bigint AS running,
                   coalesce(sum(images) FILTER (WHERE status = 'done'), 0)::bigint AS done,
                   coalesce(sum(images) FILTER (WHERE status = 'failed'), 0)::bigint AS failed,
                   coalesce(sum(images) FILTER (WHERE status = 'cancelled'), 0)::bigint
                       AS cancelled
              FROM image_tallies) AS t,
           (SELECT count(*) FILTER (WHERE lane = 'interactive') AS interactive,
                   count(*) FILTER (WHERE lane = 'bulk') AS bulk,
                   coalesce(extract(epoch FROM now() - min(waiting_since)), 0)::float8
                       AS oldest_waiting_seconds
              FROM images
             WHERE status = 'queued') AS w
"""


async def get_queue_status(conn: AsyncConnection) -> QueueStatus:
    """Return image counts by state and lane. The cost depends only on the number queued."""
    async with conn.cursor(row_factory=class_row(QueueStatus)) as cur:
        await cur.execute(GET_QUEUE_STATUS)
        return await anext(cur)


IS_WORK_WAITING = "SELECT EXISTS (SELECT FROM images WHERE status = 'queued')"


async def is_work_waiting(conn: AsyncConnection) -> bool:
    """Return whether any image is queued."""
    return bool((await anext(await conn.execute(IS_WORK_WAITING)))[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Number of queued images, and the age of the oldest in seconds."""

    images: int
    oldest_seconds: float


GET_WAITING = """
    SELECT count(*) AS images,
           greatest(coalesce(extract(epoch FROM now() - min(waiting_since)), 0), 0)::float8
               AS oldest_seconds
      FROM images
     WHERE status = 'queued'
"""


async def get_waiting(conn: AsyncConnection) -> Waiting:
    """Return the number and age of queued images. The cost depends only on the number queued."""
    async with conn.cursor(row_factory=class_row(Waiting)) as cur:
        await cur.execute(GET_WAITING)
        return await anext(cur)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneStatus:
    """Number of images queued in a lane, and the age of the oldest in seconds."""

    lane: Lane
    images: int
    oldest_seconds: float


GET_LANES = """
    SELECT l.lane, count(i.id) AS images,
           greatest(coalesce(extract(epoch FROM now() - min(i.waiting_since)), 0), 0)::float8
               AS oldest_seconds
      FROM unnest(%(lanes)s::text[]) AS l (lane)
      LEFT JOIN images AS i ON i.lane = l.lane AND i.status = 'queued'
     GROUP BY l.lane
     ORDER BY l.lane
"""


async def get_lanes(conn: AsyncConnection) -> list[LaneStatus]:
    """Return the number and age of queued images for each lane, including empty ones."""
    async with conn.cursor(row_factory=class_row(LaneStatus)) as cur:
        await cur.execute(GET_LANES, {"lanes": list(get_args(Lane))})
        return await cur.fetchall()
