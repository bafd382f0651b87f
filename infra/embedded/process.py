"""A child process that ends with us, however we end."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How to start a server, and how to ask it to stop."""

    name: str
    arguments: Sequence[str | Path]
    environment: Mapping[str, str] | None = None
    user: int | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0


@dataclass(slots=True)
class ChildProcess:
    """A started command."""

    command: Command
    inherited: Sequence[int] = ()
    _process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        command = self.command
        output = _open_log(command.log)
        try:
            self._process = subprocess.Popen(
                [str(argument) for argument in command.arguments],
                env=command.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=command.user,
                group=command.user,
                extra_groups=None if command.user is None else [],
                pass_fds=self.inherited,
                start_new_session=True,  # Ctrl-C is for us; we stop the children in order
                preexec_fn=_end_with_parent(command.stop_signal),  # noqa: PLW1509 (we have one thread)
            )
        finally:
            if output is not None:
                output.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_status(self) -> int | None:
        """How it ended, or None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """Ask it to stop, and make it stop when it takes too long."""
        if self._process.poll() is not None:
            return
        self._process.send_signal(self.command.stop_signal)
        try:
            self._process.wait(self.command.stop_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _open_log(path: Path | None) -> IO[bytes] | None:
    if path is None:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None]:
    """What the child does first: ask Linux for a signal when we die, even by SIGKILL."""
    return lambda: end_with_parent(stop_signal)


def end_with_parent(stop_signal: signal.Signals = signal.SIGTERM) -> None:
    """Have Linux send this process a signal when its parent dies; elsewhere do nothing."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, stop_signal)
