"""What goes wrong in endless work: told when it begins and when it is over, and never its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.telemetry.logging import get_logger

log = get_logger(__name__)


class FailureLog:
    """Whether some endless work fails at present."""

    def __init__(self, work: str) -> None:
        self._work = work
        self._is_there = False

    @contextmanager
    def caught(self, *told: type[Exception]) -> Iterator[None]:
        """For a round of the work: the next one may fare better, whatever this one meets.

        Args:
            told: errors of which somebody else tells already.
        """
        try:
            yield
        except told:
            return
        except Exception:
            if not self._is_there:
                log.exception("background work failed", work=self._work)
            self._is_there = True
        else:
            self.end()

    def end(self) -> None:
        """All is well again."""
        if self._is_there:
            log.info("background work goes on", work=self._work)
        self._is_there = False
