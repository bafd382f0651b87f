"""Child processes that end when their parent ends, even if the parent is killed."""

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
    """How to start and stop a server.

    Attributes:
        name: Name of the process in the log.
        arguments: Program and arguments.
        environment: Environment variables; None to inherit those of this process.
        folder: Working directory, entered before the user changes; None for the current one.
        descriptors: File descriptors that the server uses.
        user: Id of the user and group to run as; None for the current user.
        log: File for stdout and stderr; None to inherit those of this process.
        stop_signal: Signal that requests a shutdown.
        stop_seconds: Time for the shutdown in seconds, before the process is killed.
    """

    name: str
    arguments: Sequence[str | Path]
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    descriptors: Sequence[int] = ()
    user: int | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0


@dataclass(slots=True)
class ChildProcess:
    """A running command. `inherited` lists file descriptors that the child keeps open."""

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
                cwd=command.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=command.user,
                group=command.user,
                extra_groups=None if command.user is None else [],
                pass_fds=[*self.inherited, *command.descriptors],
                start_new_session=True,  # Ctrl-C reaches only the parent, which stops the children
                preexec_fn=_end_with_parent(command.stop_signal),  # noqa: PLW1509 (no other threads)
            )
        finally:
            if output is not None:
                output.close()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def exit_status(self) -> int | None:
        """Return the exit status, negative for a signal, or None while the process runs."""
        return self._process.poll()

    def stop(self) -> None:
        """Send the stop signal, and kill the process if it has not ended in time."""
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
    """Return a function for the child to run before the program starts."""
    return lambda: end_with_parent(stop_signal)


def end_with_parent(stop_signal: signal.Signals = signal.SIGTERM) -> None:
    """Make Linux send this process a signal when its parent dies. No effect on other systems."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, stop_signal)
