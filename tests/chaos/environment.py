"""API, workers and backend servers as processes, with a proxy in front of each backend."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import redis

from infra.database.migrate import migrate
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import ChildProcess, Command
from infra.embedded.redis import EmbeddedRedis
from infra.settings import Settings
from infra.storage import ObjectStore, open_objects
from tests.chaos.proxy import Proxy, to_port, to_socket
from tests.support.processes import Stack, until
from tests.support.s3_server import S3Server

WORKERS = ("worker-1", "worker-2")
# Worker that fails on images with a poison marker and is otherwise unchanged.
WORKER_MODULE = "tests.chaos.poisoned_worker"


class Server:
    """Server process that can be killed, restarted, suspended and resumed."""

    def __init__(self, command: Command, wait_until_ready: Callable[[], None]) -> None:
        self._command = command
        self._wait = wait_until_ready
        self._child = ChildProcess(command)
        self._wait()

    def kill(self) -> None:
        """Send SIGKILL to all processes of the server."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._child.stop()

    def stop(self) -> None:
        self._child.stop()

    def start(self) -> None:
        self._child = ChildProcess(self._command)
        self._wait()

    def suspend(self) -> None:
        """Send SIGSTOP to all processes of the server."""
        for process in self._processes():
            process.suspend()

    def resume(self) -> None:
        """Send SIGCONT to all processes of the server."""
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        main = psutil.Process(self._child.pid)
        return [main, *main.children(recursive=True)]


class Environment:
    """API and two workers with Postgres, Redis, object storage and proxies."""

    def __init__(self, folder: Path, *, data_dir: Path, weights: Path, s3: S3Server | None) -> None:
        self.folder = folder
        sockets = folder / "run"
        sockets.mkdir(mode=0o700, parents=True)
        postgres = EmbeddedPostgres(folder / "postgres", sockets, folder / "postgres.log")
        postgres.prepare()
        queue = EmbeddedRedis(sockets, folder / "redis.log")
        self.postgres = Server(postgres.command(), postgres.wait_until_ready)
        self.redis = Server(queue.command(), queue.wait_until_ready)
        self.database_url = postgres.url
        self.redis_url = queue.url
        self.to_postgres = Proxy(to_socket(str(sockets / ".s.PGSQL.5432")))
        self.to_redis = Proxy(to_socket(str(sockets / "redis.sock")))
        self.to_objects = Proxy(to_port(s3.port)) if s3 else None
        self.objects_folder = folder / "objects"
        self.objects_url = s3.url("chaos") if s3 else self.objects_folder.as_uri()
        migrate(self.database_url)
        self.settings = self._settings(data_dir, weights, s3)
        self.stack = Stack(self.settings, folder, {"PYTHONUNBUFFERED": "1"})

    def _settings(self, data_dir: Path, weights: Path, s3: S3Server | None) -> Settings:
        objects_url = self.objects_url
        if s3 and self.to_objects:
            objects_url = objects_url.replace(str(s3.port), str(self.to_objects.port))
        return Settings.model_validate(
            {
                "database_url": f"postgresql://gallery@127.0.0.1:{self.to_postgres.port}/postgres",
                "redis_url": f"redis://127.0.0.1:{self.to_redis.port}/0",
                "objects_url": objects_url,
                "data_dir": data_dir,
                "weights": weights,
                "web_dir": self.folder / "missing",
                "port": 0,
                "workers": 1,
                "chunk_size": 8,
                "lease": "PT30S",
                "task_timeout": "PT10S",
            }
        )

    @property
    def objects(self) -> ObjectStore:
        """Object storage, accessed without the proxy."""
        return open_objects(self.objects_url)

    def start(self) -> None:
        """Start the API and the workers and wait until they are ready."""
        self.stack.start("api")
        self.stack.wait_for_api()
        for name in WORKERS:
            self.start_worker(name)
        self.stack.wait_for_workers(len(WORKERS))

    def start_worker(self, name: str) -> None:
        """Start a worker without waiting."""
        self.stack.start(name, WORKER_MODULE)

    def worker_child(self, name: str) -> psutil.Process:
        """Return the forked process of a worker, which classifies."""
        main = psutil.Process(self.stack.pid(name))
        children: list[psutil.Process] = until(main.children, seconds=30, what="a forked process")
        return children[0]

    def kill_worker(self, name: str) -> None:
        """Send SIGKILL to all processes of a worker, as if its machine crashed."""
        main = psutil.Process(self.stack.pid(name))
        processes = [main, *main.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                os.kill(process.pid, signal.SIGKILL)
        self.stack.kill(name)

    def query(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        """Run a statement without the proxy and return its rows."""
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            cur = conn.execute(query.encode(), parameters or None)
            return cur.fetchall() if cur.description else []

    def queue(self) -> "redis.Redis":
        """Connect to Redis without the proxy."""
        return redis.Redis.from_url(self.redis_url)

    def stop(self) -> None:
        """Stop all processes and proxies."""
        self.stack.stop_all()
        for proxy in (self.to_postgres, self.to_redis, self.to_objects):
            if proxy:
                proxy.close()
        self.redis.stop()
        self.postgres.stop()


@contextmanager
def open_environment(
    folder: Path, *, data_dir: Path, weights: Path, s3: S3Server | None
) -> Iterator[Environment]:
    """Run the service until the context ends."""
    environment = Environment(folder, data_dir=data_dir, weights=weights, s3=s3)
    try:
        environment.start()
        yield environment
    finally:
        environment.stop()
