"""`gallery run`: run all processes of the service on one machine."""

import logging
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from core.errors import ConfigurationError
from infra.database.migrate import migrate
from infra.embedded.banner import make_banner
from infra.embedded.data_dir import DataDir, hold
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.process import Command
from infra.embedded.redis import EmbeddedRedis
from infra.embedded.supervisor import Supervisor
from infra.settings import Settings

_POLL_SECONDS = 0.5
_API_SECONDS = 60


class Stopped(BaseException):
    """SIGINT, SIGTERM or SIGHUP was received."""


def run(settings: Settings) -> None:
    """Run all processes until SIGINT, SIGTERM or SIGHUP, then stop them in reverse order.

    Raises:
        GalleryError: A process could not be started. Those already started are stopped.
    """
    os.umask(0o077)  # all processes create private files
    with _stopping_on_signals(), hold(settings.data_dir) as folder:
        _check_port(settings)
        supervisor = Supervisor(inherited=[folder.lock])
        try:
            environment = _start_stores(settings, folder, supervisor)
            _start_service(settings, folder, environment, supervisor)
            _print(make_banner(settings, folder.root, environment["GALLERY_DATABASE_URL"]))
            while True:
                supervisor.restart_ended()
                time.sleep(_POLL_SECONDS)
        except Stopped:
            _print("Stopping ...")
        finally:
            supervisor.stop()


@contextmanager
def _stopping_on_signals() -> Iterator[None]:
    """Raise Stopped in the block on the first signal and ignore further ones."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)
    with suppress(Stopped):
        yield


def _check_port(settings: Settings) -> None:
    try:
        with socket.create_server((settings.host, settings.port)):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"Port {settings.port} on {settings.host} is not available ({error.strerror}). "
            "Set GALLERY_PORT to another port."
        ) from error


def _start_stores(settings: Settings, folder: DataDir, supervisor: Supervisor) -> dict[str, str]:
    """Start the stores without a configured address, and migrate the database.

    Returns the environment for the API and the worker, with the addresses of all stores.
    """
    environment = dict(os.environ) | {"GALLERY_DATA_DIR": str(folder.root)}
    if settings.database_url is None:
        environment["GALLERY_DATABASE_URL"] = _start_postgres(folder, supervisor)
    if settings.redis_url is None:
        _print("Starting Redis ...")
        redis = EmbeddedRedis(folder.sockets, folder.logs / "redis.log")
        supervisor.start(redis.command())
        redis.wait_until_ready()
        environment["GALLERY_REDIS_URL"] = redis.url
    if settings.objects_url is None:
        # Left by a killed run: this process holds the lock of the data directory.
        shutil.rmtree(folder.objects / "unfinished", ignore_errors=True)
        environment["GALLERY_OBJECTS_URL"] = folder.objects.as_uri()
    _print("Updating the database schema ...")
    logging.getLogger("infra.database.migrate").setLevel(logging.WARNING)
    migrate(environment["GALLERY_DATABASE_URL"])
    return environment


def _start_postgres(folder: DataDir, supervisor: Supervisor) -> str:
    _print("Starting Postgres ...")
    postgres = EmbeddedPostgres(folder.postgres, folder.sockets, folder.logs / "postgres.log")
    postgres.prepare()
    supervisor.start(postgres.command())
    postgres.wait_until_ready()
    return postgres.url


def _start_service(
    settings: Settings, folder: DataDir, environment: Mapping[str, str], supervisor: Supervisor
) -> None:
    """Start the API and the worker, whose output goes to log files, and wait for the API."""
    _print("Starting the API and the workers ...")
    for name in ("api", "worker"):
        # A worker finishes its current batch before it ends.
        seconds = settings.task_timeout.total_seconds() + 5 if name == "worker" else 15
        supervisor.start(
            Command(
                name=name,
                arguments=[sys.executable, "-m", name],
                environment=environment,
                log=folder.logs / f"{name}.log",
                stop_seconds=seconds,
            )
        )
    _wait_until_healthy(settings, folder, supervisor)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _wait_until_healthy(settings: Settings, folder: DataDir, supervisor: Supervisor) -> None:
    url = f"http://{settings.host}:{settings.port}/healthz"
    deadline = time.monotonic() + _API_SECONDS
    while time.monotonic() < deadline:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
            return
        supervisor.restart_ended()
        time.sleep(0.1)
    raise ConfigurationError(
        f"The API did not start within {_API_SECONDS} s; see {folder.logs / 'api.log'}."
    )
