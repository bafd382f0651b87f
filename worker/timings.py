"""Measuring the steps of a worker process's work."""

import time
from bisect import bisect_left
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from uuid import UUID

from infra.database.queries.stage_timings import BOUNDS, STAGES, Stage, Timing


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it was: of a picture, or of a whole message. Seconds of the performance clock."""

    stage: Stage
    picture: UUID | None
    began: float
    ended: float


class Timings:
    """Adds up how long steps took; remembers each only where somebody wants to trace them."""

    def __init__(self, *, remember: bool = False) -> None:
        self.picture: UUID | None = None  # the one at which the main thread is
        self._lock = Lock()
        self._remember = remember
        self._clear()

    def _clear(self) -> None:
        self._times = {stage: [0] * len(BOUNDS) for stage in STAGES}
        self._seconds = {stage: [0.0] * len(BOUNDS) for stage in STAGES}
        self._steps: list[Step] = []

    def measure(self, stage: Stage, picture: UUID | None = None) -> "Stopwatch":
        """For a `with`: how long it takes, whatever comes of it. Threads may measure at once."""
        return Stopwatch(self, stage, picture or self.picture)

    def note(self, stage: Stage, picture: UUID | None, began: float, ended: float) -> None:
        seconds = ended - began
        bucket = bisect_left(BOUNDS, seconds)
        with self._lock:
            self._times[stage][bucket] += 1
            self._seconds[stage][bucket] += seconds
            if self._remember:
                self._steps.append(Step(stage, picture, began, ended))

    def take_timings(self) -> list[Timing]:
        """What was measured since the last time."""
        with self._lock:
            times, seconds, steps = self._times, self._seconds, self._steps
            self._clear()
            self._steps = steps
        return [
            Timing(stage, bound, times[stage][n], seconds[stage][n])
            for stage in STAGES
            for n, bound in enumerate(BOUNDS)
            if times[stage][n]
        ]

    def take_steps(self) -> list[Step]:
        """The steps since the last time, where they are remembered."""
        with self._lock:
            steps, self._steps = self._steps, []
        return steps


class Stopwatch:
    """Measures one step."""

    __slots__ = ("_began", "_picture", "_stage", "_stages")

    def __init__(self, stages: Timings, stage: Stage, picture: UUID | None) -> None:
        self._stages = stages
        self._stage = stage
        self._picture = picture
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stages.note(self._stage, self._picture, self._began, time.perf_counter())
