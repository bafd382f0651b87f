"""The service as real processes on real stores, started and stopped piece by piece."""

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
    """Postgres and Redis, and what of the service has been started on them."""

    port: int
    environment: dict[str, str]
    log: Path
    database: psycopg.Connection
    redis: redis.Redis
    stores: dict[str, ChildProcess]
    running: dict[str, ChildProcess] = field(default_factory=dict)

    def start_api(self, **settings: str) -> None:
        self._start("api", **settings)
        until(self._api_answers, _START_SECONDS, "the API")

    def start_workers(self, processes: int = 2) -> None:
        """Start workers and return when all of them are ready for pictures."""
        self.spawn_workers(processes)
        until(lambda: self._ready_workers() >= processes, _START_SECONDS, "the workers")

    def spawn_workers(self, processes: int = 2) -> None:
        self.database.execute("DELETE FROM workers")
        self._start("worker", GALLERY_WORKERS=str(processes))

    def stop(self, *names: str) -> None:
        for name in names or list(self.running):
            self.running.pop(name).stop()

    def clear(self) -> None:
        """An empty gallery and an empty queue; the service itself is not running."""
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

    def _api_answers(self) -> bool:
        url = f"http://{_HOST}:{self.port}/healthz"
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
            return True
        return False

    def _ready_workers(self) -> int:
        cursor = self.database.execute("SELECT count(*) FROM workers WHERE state = 'ready'")
        return int(next(cursor)[0])


@contextmanager
def run_stack(folder: Path, port: int, weights: Path | None) -> Iterator[Stack]:
    """Start the stores in `folder`; whatever runs is stopped at the end."""
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
    """Return as soon as something holds, looked at every so many seconds.

    Raises:
        SystemExit: it does not, in that time.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"Gave up waiting for {what} after {seconds:.0f} s.")
        time.sleep(every)
