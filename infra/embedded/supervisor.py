"""Children that are kept alive, and stopped in the reverse order of their start."""

import time
from collections.abc import Sequence

from infra.embedded.process import ChildProcess, Command
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

_FIRST_PAUSE = 0.5
_MAX_PAUSE = 10.0
# A child that has run this long starts with a clean sheet when it dies.
_STEADY_SECONDS = 60.0


class _SupervisedProcess:
    """A command, the child that runs it, and when to start the next one."""

    def __init__(self, command: Command, inherited: Sequence[int]) -> None:
        self.command = command
        self._inherited = inherited
        self.child = ChildProcess(command, inherited)
        self._started_at = time.monotonic()
        self._pause = _FIRST_PAUSE
        self._start_at: float | None = None

    def restart_ended(self) -> None:
        """Start it again, after a pause that grows while it keeps dying."""
        now = time.monotonic()
        status = self.child.exit_status()
        if status is None:
            return
        if self._start_at is None:
            if now - self._started_at > _STEADY_SECONDS:
                self._pause = _FIRST_PAUSE
            log.warning("process ended", process=self.command.name, status=status)
            self._start_at = now + self._pause
            self._pause = min(self._pause * 2, _MAX_PAUSE)
        elif now >= self._start_at:
            self.child = ChildProcess(self.command, self._inherited)
            self._started_at, self._start_at = now, None
            log.info("process started again", process=self.command.name)


class Supervisor:
    """Starts commands and starts them again when they end by themselves.

    Every child holds the `inherited` file descriptors open: a lock among them is free only when
    the last child is gone.
    """

    def __init__(self, inherited: Sequence[int] = ()) -> None:
        self._inherited = inherited
        self._kept: list[_SupervisedProcess] = []

    def start(self, command: Command) -> None:
        self._kept.append(_SupervisedProcess(command, self._inherited))

    def restart_ended(self) -> None:
        """Start again whatever has ended. To be called every so often."""
        for kept in self._kept:
            kept.restart_ended()

    def stop(self) -> None:
        """Stop everything, last started first."""
        while self._kept:
            self._kept.pop().child.stop()
