"""Redis server for tests, from the wheel that `gallery run` uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.process import ChildProcess
from infra.embedded.redis import EmbeddedRedis


@contextmanager
def running_redis(folder: Path, log: Path) -> Iterator[str]:
    """Run a server that listens on a socket in `folder`; yield its URL."""
    server = EmbeddedRedis(folder, log)
    child = ChildProcess(server.command())
    try:
        server.wait_until_ready()
        yield server.url
    finally:
        child.stop()
