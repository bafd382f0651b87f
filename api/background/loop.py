"""Error logging of background loops."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.telemetry.logging import get_logger

log = get_logger(__name__)


class FailureLog:
    """Log the first failure and the recovery of a background loop."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._is_failing = False

    @contextmanager
    def caught(self, *ignored: type[Exception]) -> Iterator[None]:
        """Suppress every error of one run, so that the loop continues.

        Args:
            ignored: errors that are logged elsewhere, and therefore not here.
        """
        try:
            yield
        except ignored:
            return
        except Exception:
            if not self._is_failing:
                log.exception("background.failed", service=self._service)
            self._is_failing = True
        else:
            self.end()

    def end(self) -> None:
        """Log the recovery if the previous run failed."""
        if self._is_failing:
            log.info("background.recovered", service=self._service)
        self._is_failing = False
