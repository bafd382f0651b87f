"""Processes under test: Postgres, and API processes with a Redis."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import ChildProcess, Command
from infra.embedded.redis import EmbeddedRedis
from tests.perf.scale.calls import get

# API processes: the minimum on Kubernetes (infra/deploy/k8s); `gallery run` starts one.
PROCESSES = 2


@contextmanager
def storing(folder: Path) -> Iterator[tuple[str, int]]:
    """Run Postgres on a folder; yield its URL and its process id."""
    sockets = folder / "run"
    sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
    postgres = EmbeddedPostgres(folder / "postgres", sockets, folder / "postgres.log")
    postgres.prepare()
    child = ChildProcess(postgres.command())
    try:
        postgres.wait_until_ready()
        yield postgres.url, child.pid
    finally:
        child.stop()


@contextmanager
def serving(
    folder: Path, database_url: str, *, processes: int = PROCESSES
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Run API processes on a database; yield their ports and process ids."""
    (folder / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
    redis = EmbeddedRedis(folder / "run", folder / "redis.log")
    children = [ChildProcess(redis.command())]
    ports = tuple(_free_port() for _ in range(processes))
    try:
        redis.wait_until_ready()
        children += [ChildProcess(_api(folder, database_url, redis.url, port)) for port in ports]
        for port in ports:
            _wait(port)
        yield ports, tuple(child.pid for child in children[1:])
    finally:
        for child in reversed(children):
            child.stop()


def _api(folder: Path, database_url: str, redis_url: str, port: int) -> Command:
    environment = dict(os.environ) | {
        "GALLERY_DATABASE_URL": database_url,
        "GALLERY_REDIS_URL": redis_url,
        "GALLERY_OBJECTS_URL": (folder / "objects").as_uri(),
        "GALLERY_PORT": str(port),
        "GALLERY_WEB_DIR": str(folder / "missing"),
    }
    arguments = [sys.executable, "-m", "api"]
    return Command(name="api", arguments=arguments, environment=environment, log=folder / "api.log")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            get(port, "/readyz")
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise subprocess.SubprocessError(f"The API on port {port} did not become ready within 60 s.")
