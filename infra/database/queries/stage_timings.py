"""How long the steps of the workers' work take, added up over all workers there have been."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Literal, get_args

from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row

# `claim` and `write` are once for each message, the others once for each picture.
Stage = Literal["claim", "fetch", "decode", "infer", "thumbnail", "store", "write"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, inf)


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a step took no longer than a bound, and longer than the bound below."""

    stage: Stage
    upper_bound: float
    times: int
    seconds: float


# In one order, so that two workers never wait for each other.
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
    """Add what a worker has measured since it last did."""
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
    """What all workers have measured together."""
    async with conn.cursor(row_factory=class_row(Timing)) as cur:
        await cur.execute(LIST_TIMINGS)
        return await cur.fetchall()
