"""A Redis of the tests' own, started from the same wheel as the service's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.process import ChildProcess
from infra.embedded.redis import EmbeddedRedis


@contextmanager
def running_redis(folder: Path, log: Path) -> Iterator[str]:
    """Start one that listens on a socket in this folder, and give its address."""
    server = EmbeddedRedis(folder, log)
    child = ChildProcess(server.command())
    try:
        server.wait_until_ready()
        yield server.url
    finally:
        child.stop()
