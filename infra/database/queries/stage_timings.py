"""Histogram of the durations of the worker stages, summed over all workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Literal, get_args

from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row

# `claim` and `write` are measured once per batch, the others once per image.
Stage = Literal["claim", "fetch", "decode", "infer", "thumbnail", "store", "write"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)

# Upper bounds of the histogram's buckets in seconds.
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, inf)


@dataclass(frozen=True, slots=True)
class Timing:
    """One bucket of the histogram of a stage.

    `times` counts durations up to `upper_bound` seconds that are longer than the next lower bound;
    `seconds` is their sum.
    """

    stage: Stage
    upper_bound: float
    times: int
    seconds: float


# Sorted, so that two workers lock the rows in the same order and cannot deadlock.
ADD_TIMINGS = """
    INSERT INTO stage_timings AS known (stage, upper_bound, times, seconds)
    SELECT stage, upper_bound, sum(times), sum(seconds)
      FROM unnest(%(stages)s::text[], %(bounds)s::float8[], %(times)s::bigint[],
                  %(seconds)s::float8[]) AS t (stage, upper_bound, times, seconds)
     GROUP BY stage, upper_bound
     ORDER BY stage, upper_bound
        ON CONFLICT (stage, upper_bound) DO UPDATE
       SET times = known.times + excluded.times,
           seconds = known.seconds + excluded.seconds
"""


def add_timings(conn: Connection, timings: Sequence[Timing]) -> None:
    """Add the durations that a worker has measured since its last call."""
    conn.execute(
        ADD_TIMINGS,
        {
            "stages": [each.stage for each in timings],
            "bounds": [each.upper_bound for each in timings],
            "times": [each.times for each in timings],
            "seconds": [each.seconds for each in timings],
        },
    )


LIST_TIMINGS = """
    SELECT stage, upper_bound, times, seconds
      FROM stage_timings
"""


async def list_timings(conn: AsyncConnection) -> list[Timing]:
    """Return the buckets of all stages."""
    async with conn.cursor(row_factory=class_row(Timing)) as cur:
        await cur.execute(LIST_TIMINGS)
        return await cur.fetchall()
