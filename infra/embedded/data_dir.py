"""The data directory: where the embedded state lives, and the lock that says who runs on it."""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from core.errors import ConfigurationError
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# A run that was told to stop a moment ago may still be stopping.
_LOCK_SECONDS = 45
# Linux allows 107 bytes for the path of a socket; the longest name in it is `.s.PGSQL.5432`.
_MAX_SOCKET_DIR_LENGTH = 90


@dataclass(frozen=True, slots=True)
class DataDir:
    """The places inside a data directory."""

    root: Path
    lock: int  # file descriptor

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def sockets(self) -> Path:
        """A folder only its owner may enter, with a path short enough for sockets."""
        inside = self.root / "run"
        if len(os.fsencode(inside)) <= _MAX_SOCKET_DIR_LENGTH:
            return inside
        name = sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"gallery-{os.getuid()}-{name}"


@contextmanager
def hold(root: Path) -> Iterator[DataDir]:
    """Use a data directory alone.

    The kernel frees the lock when its holder and the children that inherited it are gone: a run
    that was killed leaves nothing to clear away, and the next one waits until the killed one's
    Postgres has really ended.

    Raises:
        ConfigurationError: another run uses it, or it cannot be written to.
    """
    root = root.resolve()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with (root / "lock").open("w") as lock:
            _lock(lock.fileno(), root)
            folder = DataDir(root, lock.fileno())
            _restrict_permissions(folder.sockets)
            yield folder
    except PermissionError as error:
        raise ConfigurationError(f"{error.filename} cannot be used: {error.strerror}.") from error


def _lock(descriptor: int, root: Path) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    said = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"Another run uses {root}. Stop it, or set GALLERY_DATA_DIR to another folder."
                ) from None
            if not said:
                log.info("waiting for another run to end", data_dir=str(root))
                said = True
            time.sleep(0.2)
        else:
            return


def _restrict_permissions(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid not in (os.getuid(), 65534) or folder.is_symlink():
        raise ConfigurationError(f"{folder} belongs to somebody else; remove it.")
    folder.chmod(0o700)
