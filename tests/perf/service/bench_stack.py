"""API, workers, Postgres and Redis as processes that are started and stopped separately."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from infra.database.migrate import migrate
from infra.embedded.data_dir import hold
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import ChildProcess, Command
from infra.embedded.redis import EmbeddedRedis

_HOST = "127.0.0.1"
_START_SECONDS = 120
_POLL_SECONDS = 0.03


@dataclass(slots=True)
class Stack:
    """Running Postgres and Redis, and the processes of the service on them."""

    port: int
    environment: dict[str, str]
    log: Path
    database: psycopg.Connection
    redis: redis.Redis
    stores: dict[str, ChildProcess]
    running: dict[str, ChildProcess] = field(default_factory=dict)

    def start_api(self, **settings: str) -> None:
        """Start the API with further settings and wait until it responds."""
        self._start("api", **settings)
        until(self._api_responds, _START_SECONDS, "the API")

    def start_workers(self, processes: int = 2) -> None:
        """Start worker processes and wait until all of them are ready."""
        self.spawn_workers(processes)
        until(lambda: self._ready_workers() >= processes, _START_SECONDS, "the workers")

    def spawn_workers(self, processes: int = 2) -> None:
        """Start worker processes without waiting."""
        self.database.execute("DELETE FROM workers")
        self._start("worker", GALLERY_WORKERS=str(processes))

    def stop(self, *names: str) -> None:
        """Stop the named processes, or all of the service."""
        for name in names or list(self.running):
            self.running.pop(name).stop()

    def clear(self) -> None:
        """Stop the service and empty the gallery and the queue."""
        self.stop()
        self.database.execute("TRUNCATE images, jobs CASCADE")
        self.database.execute("VACUUM (ANALYZE)")
        self.database.execute("CHECKPOINT")
        self.redis.flushall()

    def _start(self, name: str, **settings: str) -> None:
        self.running[name] = ChildProcess(
            Command(
                name=name,
                arguments=[sys.executable, "-m", name],
                environment=self.environment | settings,
                log=self.log,
                stop_seconds=40,
            )
        )

    def _api_responds(self) -> bool:
        url = f"http://{_HOST}:{self.port}/healthz"
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
            return True
        return False

    def _ready_workers(self) -> int:
        cursor = self.database.execute("SELECT count(*) FROM workers WHERE state = 'ready'")
        return int(next(cursor)[0])


@contextmanager
def run_stack(folder: Path, port: int, weights: Path | None) -> Iterator[Stack]:
    """Run Postgres and Redis in `folder`; stop all processes at the end."""
    with hold(folder) as data:
        postgres = EmbeddedPostgres(data.postgres, data.sockets, data.logs / "postgres.log")
        queue = EmbeddedRedis(data.sockets, data.logs / "redis.log")
        postgres.prepare()
        stores = {
            "redis": ChildProcess(queue.command()),
            "postgres": ChildProcess(postgres.command()),
        }
        try:
            queue.wait_until_ready()
            postgres.wait_until_ready()
            migrate(postgres.url)
            environment = dict(os.environ) | {
                "GALLERY_DATA_DIR": str(data.root),
                "GALLERY_DATABASE_URL": postgres.url,
                "GALLERY_REDIS_URL": queue.url,
                "GALLERY_OBJECTS_URL": data.objects.as_uri(),
                "GALLERY_PORT": str(port),
            }
            if weights is not None:
                environment["GALLERY_WEIGHTS"] = str(weights)
            stack = Stack(
                port=port,
                environment=environment,
                log=data.logs / "service.log",
                database=psycopg.connect(postgres.url, autocommit=True),
                redis=redis.Redis.from_url(queue.url),
                stores=stores,
            )
            try:
                yield stack
            finally:
                stack.stop()
                stack.database.close()
        finally:
            for child in reversed(stores.values()):
                child.stop()


def until(
    holds: Callable[[], bool], seconds: float, what: str, *, every: float = _POLL_SECONDS
) -> None:
    """Wait until a condition is true, checking it every `every` seconds.

    Raises:
        SystemExit: The condition is still false after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"Timed out after {seconds:.0f} s waiting for {what}.")
        time.sleep(every)
