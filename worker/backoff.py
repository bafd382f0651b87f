"""Pausing while something we stand on is away: a little longer each time, never in step."""

import random
import time

FIRST_SECONDS = 0.5
MAX_SECONDS = 8.0


class Backoff:
    """How often in a row one worker process met trouble, and the pauses that follow from it."""

    def __init__(self) -> None:
        self._troubles = 0

    @property
    def is_failing(self) -> bool:
        return self._troubles > 0

    def pause(self) -> None:
        """After trouble, wait: longer than the last time, and not exactly as long as others."""
        if self.is_failing:
            longest = min(MAX_SECONDS, FIRST_SECONDS * 2 ** (self._troubles - 1))
            time.sleep(longest * random.uniform(0.5, 1))  # noqa: S311 (jitter, no secret)

    def fail(self) -> None:
        self._troubles += 1

    def end(self) -> None:
        """All is well again."""
        self._troubles = 0
