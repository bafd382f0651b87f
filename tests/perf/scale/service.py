"""Service under test and the rows of the report."""

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
    """Row of the report.

    Attributes:
        call: Name of the row.
        goal: Goal that was set.
        measured: Result with eight clients.
        alone: Result with one client.
        during_writes: Result with eight clients and 50 transactions per second.
        processor: Processor time per call.
        remark: Anything else.
    """

    call: str
    goal: str
    measured: str
    alone: str = ""
    during_writes: str = ""
    processor: str = ""
    remark: str = ""

    def __str__(self) -> str:
        parts = {
            self.call: self.measured,
            "goal": self.goal,
            "one client": self.alone,
            "during writes": self.during_writes,
            "processor": self.processor,
            "": self.remark,
        }
        return "; ".join(f"{name} {each}".strip() for name, each in parts.items() if each)


@dataclass(frozen=True, slots=True)
class Environment:
    """Ports and process ids of the API, Postgres, and the duration of a measurement in seconds."""

    ports: tuple[int, ...]
    api: tuple[int, ...]
    postgres: int
    database_url: str
    seconds: float

    @property
    def port(self) -> int:
        """Port of the first API process."""
        return self.ports[0]

    def processor_time(self) -> float:
        """Return the processor time of the API and all Postgres processes so far, in seconds."""
        api, postgres = map(psutil.Process, self.api), psutil.Process(self.postgres)
        times = [each.cpu_times() for each in (*api, postgres, *postgres.children())]
        # The time of closed connections is counted for their parent.
        ended = postgres.cpu_times()
        return sum(t.user + t.system for t in times) + ended.children_user + ended.children_system

    def timed(self, call: str, goal: int, path_of: PathOf, remark: str = "") -> Row:
        """Measure with eight clients, first without and then during writes, and with one client.

        Args:
            call: Name of the row.
            goal: Goal for the 95th percentile, in milliseconds.
            path_of: Returns the path of the nth request.
            remark: default: the number of calls.
        """
        measure(self.ports, path_of, seconds=self.seconds / 4)  # warms up plans and caches
        alone = measure(self.ports, path_of, seconds=self.seconds / 4, clients=1)
        at_rest, spent = self._measure(path_of)
        with writing(self.database_url):
            during_writes, spent_writing = self._measure(path_of)
        return Row(
            call,
            f"p95 ≤ {goal} ms",
            _percentiles(at_rest),
            _percentiles(alone),
            _percentiles(during_writes),
            f"{spent:.1f} / {spent_writing:.1f} ms",
            remark or f"{len(at_rest)} calls",
        )

    def _measure(self, path_of: PathOf) -> tuple[pd.Series, float]:
        """Return latencies, and the processor time per call in milliseconds."""
        before = self.processor_time()
        times = measure(self.ports, path_of, seconds=self.seconds)
        return times, (self.processor_time() - before) / len(times) * 1000


def _percentiles(times: pd.Series) -> str:
    p50, p95 = times.quantile([0.5, 0.95])
    return f"p50 {p50:.0f}, p95 {p95:.0f} ms"


WRITES_PER_SECOND = 50


@contextmanager
def writing(database_url: str) -> Iterator[None]:
    """Commit transactions, so that results in the snapshot cache expire within 20 ms."""
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
