"""The data directory of the embedded servers, and the lock that protects it."""

import fcntl
import os
import stat
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
    """Create and lock a private data directory for the duration of the block.

    Only its owner has access. Files of earlier versions, which others could read, are changed.

    The kernel releases the lock when this process and all child processes that inherited its file
    descriptor have ended. After a kill no lock file needs to be removed, and the next run waits
    until the Postgres of the killed run has ended.

    Raises:
        ConfigurationError: Another run uses the directory, it is not writable, or it may not
            become private.
    """
    root = root.resolve()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_unshared(root)
        with (root / "lock").open("w") as lock:
            _lock(lock.fileno(), root)
            _make_private(root)
            folder = DataDir(root, lock.fileno())
            _restrict_permissions(folder.sockets)
            yield folder
    except PermissionError as error:
        raise ConfigurationError(
            f"{error.filename} is not usable: {error.strerror}. "
            "Set GALLERY_DATA_DIR to a writable directory."
        ) from error


_OTHERS = 0o077


def _require_unshared(root: Path) -> None:
    """Check that the permissions of a directory may change.

    Raises:
        ConfigurationError: It is a home directory, a parent of one, or a directory like /tmp.
    """
    home = Path.home().resolve()
    if root in (home, *home.parents) or root.stat().st_mode & stat.S_ISVTX:
        raise ConfigurationError(
            f"{root} is no directory of the gallery alone. Set GALLERY_DATA_DIR to a directory "
            "below it, which becomes private."
        )


def _make_private(root: Path) -> None:
    """Withdraw the permissions of other users from the directory and all files in it.

    The database has a private directory of its own, and may belong to another user.
    """
    if not root.stat().st_mode & _OTHERS:
        return
    try:
        root.chmod(0o700)
    except PermissionError:  # of another user, who decides about it
        log.warning("data_dir.shared", data_dir=str(root))
        return
    for folder, folders, files in os.walk(root):
        if Path(folder) == root:
            folders[:] = [each for each in folders if not each.startswith("postgres")]
        for name in (*folders, *files):
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)
    log.info("data_dir.made_private", data_dir=str(root))


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
