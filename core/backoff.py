"""Exponential backoff."""

from collections.abc import Callable


class Backoff:
    """Delays between retries: each is twice the previous one, up to a maximum.

    The class only computes delays; the caller waits.

    Args:
        first: Delay after the first failure, in seconds.
        longest: Largest delay, in seconds.
        jitter: Returns a factor from 0 to 1 for each delay. `random.random` gives full jitter, with
            which processes that failed at the same time do not retry at the same time.

    Attributes:
        failures: Number of failures since the last success.
    """

    def __init__(
        self, first: float, longest: float, *, jitter: Callable[[], float] = lambda: 1.0
    ) -> None:
        self.failures = 0
        self._first = first
        self._longest = longest
        self._jitter = jitter

    def next_delay(self) -> float:
        """Count a failure and return the delay before the next attempt, in seconds."""
        doublings = min(self.failures, 64)  # 2**1024 overflows a float
        self.failures += 1
        return min(self._longest, self._first * 2.0**doublings) * self._jitter()

    def reset(self) -> None:
        """Start again with the first delay, after a success."""
        self.failures = 0
