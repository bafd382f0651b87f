"""Observe an API process during an attack: resident memory and health probes."""

import statistics
import time
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Self

import httpx2
import psutil

MAX_RESIDENT_BYTES = 400 << 20
"""Resident memory that an API process may reach; containers give it 768 MB."""

HEALTH_SECONDS = 0.1
"""95th percentile of `/healthz` during an attack, on a machine that nothing else uses.

The attacker runs on the same machine and takes processor time from the service, and so do other
tests. Assertions therefore multiply it by the option `--latency-factor`, 10 by default.
"""

_PROBE_INTERVAL = 0.05


@dataclass
class Monitor:
    """Memory and health of an API process while the block runs."""

    url: str
    pid: int
    before: int = 0
    peak: int = 0
    failures: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._end = Event()
        self._threads = [Thread(target=self._watch_memory), Thread(target=self._probe)]

    def __enter__(self) -> Self:
        self.before = self.peak = psutil.Process(self.pid).memory_info().rss
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    @property
    def health_p95(self) -> float:
        """95th percentile of the duration of a probe, in seconds."""
        return statistics.quantiles(self.latencies, n=20)[-1]

    def _watch_memory(self) -> None:
        process = psutil.Process(self.pid)
        while not self._end.wait(0.01):
            self.peak = max(self.peak, process.memory_info().rss)

    def _probe(self) -> None:
        """Probe on a new connection each time, as Kubernetes does."""
        while not self._end.wait(_PROBE_INTERVAL):
            started = time.monotonic()
            try:
                httpx2.get(f"{self.url}/healthz", timeout=10).raise_for_status()
            except httpx2.HTTPError as error:
                self.failures.append(repr(error))
            self.latencies.append(time.monotonic() - started)
