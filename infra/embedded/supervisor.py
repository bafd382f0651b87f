"""Supervision of child processes: restart with backoff, shutdown in reverse order."""

import time
from collections.abc import Sequence

from core.backoff import Backoff
from infra.embedded.process import ChildProcess, Command
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# A process that ran for this many seconds is restarted after the first delay again.
_STABLE_SECONDS = 60.0


class _SupervisedProcess:
    """A command, its current child process, and the time of the next restart."""

    def __init__(self, command: Command, inherited: Sequence[int]) -> None:
        self.command = command
        self._inherited = inherited
        self.child = ChildProcess(command, inherited)
        self._started_at = time.monotonic()
        self._backoff = Backoff(first=0.5, longest=10.0)
        self._restart_at: float | None = None

    def restart_ended(self) -> None:
        """Schedule a restart if the process has ended, or restart it if the delay is over."""
        now = time.monotonic()
        status = self.child.exit_status()
        if status is None:
            return
        if self._restart_at is None:
            if now - self._started_at > _STABLE_SECONDS:
                self._backoff.reset()
            log.warning("process.exited", process=self.command.name, status=status)
            self._restart_at = now + self._backoff.next_delay()
        elif now >= self._restart_at:
            self.child = ChildProcess(self.command, self._inherited)
            self._started_at, self._restart_at = now, None
            log.info("process.restarted", process=self.command.name)


class Supervisor:
    """Start commands, restart them when they end, and stop all of them.

    Every child process keeps the `inherited` file descriptors open. A file lock among them is
    released only when the last child process has ended.
    """

    def __init__(self, inherited: Sequence[int] = ()) -> None:
        self._inherited = inherited
        self._supervised: list[_SupervisedProcess] = []

    def start(self, command: Command) -> None:
        """Start a command and supervise it."""
        self._supervised.append(_SupervisedProcess(command, self._inherited))

    def restart_ended(self) -> None:
        """Restart processes that have ended, after their delays. Call this regularly."""
        for supervised in self._supervised:
            supervised.restart_ended()

    def stop(self) -> None:
        """Stop all processes, last started first."""
        while self._supervised:
            self._supervised.pop().child.stop()
