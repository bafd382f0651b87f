"""Durations of the processing stages of a worker process."""

import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from infra.database.queries.stage_timings import BOUNDS, STAGES, Stage, Timing


@dataclass(frozen=True, slots=True)
class Step:
    """One execution of a stage.

    Attributes:
        stage: Name of the stage.
        image_id: Image, or None for a stage that covers the whole batch.
        start: Start on the performance counter, in seconds.
        end: End on the performance counter, in seconds.
    """

    stage: Stage
    image_id: UUID | None
    start: float
    end: float


class Timings:
    """Histogram of stage durations, and the single steps if `keep_steps` is set. Thread-safe."""

    def __init__(self, *, keep_steps: bool = False) -> None:
        self._image_id: UUID | None = None  # of the main thread
        self._lock = Lock()
        self._keep_steps = keep_steps
        self._steps: list[Step] = []
        self._clear()

    def _clear(self) -> None:
        self._counts = {stage: [0] * len(BOUNDS) for stage in STAGES}
        self._seconds = {stage: [0.0] * len(BOUNDS) for stage in STAGES}

    @contextmanager
    def of_image(self, image_id: UUID) -> Iterator[None]:
        """Attribute stages measured within the context to an image. For the main thread only."""
        self._image_id = image_id
        try:
            yield
        finally:
            self._image_id = None

    @contextmanager
    def measure(self, stage: Stage, image_id: UUID | None = None) -> Iterator[None]:
        """Record the duration of the context, whether or not it raises.

        Args:
            stage: Name of the stage.
            image_id: Image; default: that of the surrounding `of_image`.
        """
        image_id = image_id or self._image_id
        start = time.perf_counter()
        try:
            yield
        finally:
            self._add(Step(stage, image_id, start, time.perf_counter()))

    def _add(self, step: Step) -> None:
        seconds = step.end - step.start
        bucket = bisect_left(BOUNDS, seconds)
        with self._lock:
            self._counts[step.stage][bucket] += 1
            self._seconds[step.stage][bucket] += seconds
            if self._keep_steps:
                self._steps.append(step)

    def take_timings(self) -> list[Timing]:
        """Return the non-empty histogram buckets since the last call, and clear them."""
        with self._lock:
            counts, seconds = self._counts, self._seconds
            self._clear()
        return [
            Timing(stage, bound, counts[stage][n], seconds[stage][n])
            for stage in STAGES
            for n, bound in enumerate(BOUNDS)
            if counts[stage][n]
        ]

    def take_steps(self) -> list[Step]:
        """Return the steps since the last call, and clear them."""
        with self._lock:
            steps, self._steps = self._steps, []
        return steps
