"""The data directory of the embedded servers, and the lock that protects it."""

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

# Covers the shutdown of a previous run.
_LOCK_SECONDS = 45
# Linux allows 107 bytes for the path of a socket; the longest name in it is `.s.PGSQL.5432`.
_MAX_SOCKET_DIR_LENGTH = 90


@dataclass(frozen=True, slots=True)
class DataDir:
    """A locked data directory and the paths inside it."""

    root: Path
    lock: int  # file descriptor

    @property
    def postgres(self) -> Path:
        """Directory of the database cluster."""
        return self.root / "postgres"

    @property
    def objects(self) -> Path:
        """Directory of the object storage."""
        return self.root / "objects"

    @property
    def logs(self) -> Path:
        """Directory of the logs of all processes."""
        return self.root / "logs"

    @property
    def sockets(self) -> Path:
        """Private directory of the socket files, in /tmp if the path would be too long."""
        inside = self.root / "run"
        if len(os.fsencode(inside)) <= _MAX_SOCKET_DIR_LENGTH:
            return inside
        name = sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"gallery-{os.getuid()}-{name}"


@contextmanager
def hold(root: Path) -> Iterator[DataDir]:
    """Create and lock a data directory for the duration of the block.

    The kernel releases the lock when this process and all child processes that inherited its file
    descriptor have ended. After a kill no lock file needs to be removed, and the next run waits
    until the Postgres of the killed run has ended.

    Raises:
        ConfigurationError: Another run uses the directory, or it is not writable.
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
        raise ConfigurationError(
            f"{error.filename} is not usable: {error.strerror}. "
            "Set GALLERY_DATA_DIR to a writable directory."
        ) from error


def _lock(descriptor: int, root: Path) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    is_logged = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"Another run uses {root}. Stop it, or set GALLERY_DATA_DIR to another "
                    "directory."
                ) from None
            if not is_logged:
                log.info("data_dir.locked", data_dir=str(root), timeout_seconds=_LOCK_SECONDS)
                is_logged = True
            time.sleep(0.2)
        else:
            return


def _restrict_permissions(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid not in (os.getuid(), 65534) or folder.is_symlink():
        raise ConfigurationError(f"{folder} belongs to another user. Remove it.")
    folder.chmod(0o700)
