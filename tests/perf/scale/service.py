"""What is measured: API processes on one Postgres, and how a row of the table is made of it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
import psutil
import psycopg

from tests.perf.scale.calls import measure

PathOf = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report.

    `alone`: one client instead of eight. `at_work`: while something is written all the time.
    """

    call: str
    goal: str
    measured: str
    alone: str = ""
    at_work: str = ""
    processor: str = ""
    remark: str = ""

    def __str__(self) -> str:
        told = {
            self.call: self.measured,
            "goal": self.goal,
            "one client": self.alone,
            "while written": self.at_work,
            "processor": self.processor,
            "": self.remark,
        }
        return "; ".join(f"{name} {each}".strip() for name, each in told.items() if each)


@dataclass(frozen=True, slots=True)
class Environment:
    """The processes that answer, and where."""

    ports: tuple[int, ...]
    api: tuple[int, ...]
    postgres: int
    database_url: str
    seconds: float

    @property
    def port(self) -> int:
        """One of the API's, where it does not matter which."""
        return self.ports[0]

    def processor_time(self) -> float:
        """Seconds that the API and all of Postgres have used so far."""
        api, postgres = map(psutil.Process, self.api), psutil.Process(self.postgres)
        times = [each.cpu_times() for each in (*api, postgres, *postgres.children())]
        # Of a connection that has ended, the time is its parent's.
        ended = postgres.cpu_times()
        return sum(t.user + t.system for t in times) + ended.children_user + ended.children_system

    def timed(self, call: str, goal: int, path_of: PathOf, remark: str = "") -> Row:
        """Eight clients, for a while in a gallery at rest, and for a while in one at work."""
        measure(self.ports, path_of, seconds=self.seconds / 4)  # plans are made, memory is filled
        alone = measure(self.ports, path_of, seconds=self.seconds / 4, clients=1)
        at_rest, spent = self._measure(path_of)
        with writing(self.database_url):
            at_work, spent_at_work = self._measure(path_of)
        return Row(
            call,
            f"p95 ≤ {goal} ms",
            _percentiles(at_rest),
            _percentiles(alone),
            _percentiles(at_work),
            f"{spent:.1f} / {spent_at_work:.1f} ms",
            remark or f"{len(at_rest)} calls",
        )

    def _measure(self, path_of: PathOf) -> tuple[pd.Series, float]:
        """Latencies, and milliseconds of processor time a call."""
        before = self.processor_time()
        times = measure(self.ports, path_of, seconds=self.seconds)
        return times, (self.processor_time() - before) / len(times) * 1000


def _percentiles(times: pd.Series) -> str:
    p50, p95 = times.quantile([0.5, 0.95])
    return f"p50 {p50:.0f}, p95 {p95:.0f} ms"


WRITES_PER_SECOND = 50


@contextmanager
def writing(database_url: str) -> Iterator[None]:
    """Commit something all the time, so that no answer of the API's memory holds for long."""
    stopped = threading.Event()

    def write() -> None:
        with psycopg.connect(database_url, autocommit=True) as conn:
            while not stopped.wait(1 / WRITES_PER_SECOND):
                conn.execute("SELECT pg_current_xact_id()")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        time.sleep(0.1)
