"""`make bench-scale`: fill a real Postgres, then measure the API over HTTP.

    python -m tests.bench.scale [--pictures 1000000] [--embeddings 100000] [--data DIR]

With `--data` the filled database is kept in a folder and used again.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from infra.database.migrate import migrate
from infra.embedded.child import Child, Command
from infra.embedded.postgres import EmbeddedPostgres
from infra.embedded.redis import EmbeddedRedis
from tests.bench.scale.calls import get
from tests.bench.scale.fill import fill
from tests.bench.scale.report import write_report
from tests.bench.scale.rows import measure_rows
from tests.bench.scale.vectors import fill_vectors

PORT = 8555


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the API over a large gallery.")
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--embeddings", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="for each row of the table")
    parser.add_argument("--data", type=Path, help="a folder that keeps the filled database")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="gallery-scale-") as scratch:
        folder = (arguments.data or Path(scratch)).resolve()
        with _postgres(folder) as (database_url, postgres):
            _fill(database_url, arguments.pictures, arguments.embeddings)
            with _api(folder, database_url) as process:
                rows = measure_rows(
                    PORT, (process, postgres), database_url, seconds=arguments.seconds
                )
            write_report(rows, database_url, arguments.pictures, arguments.embeddings)


def say(text: str) -> None:
    """Progress, with the time since the start."""
    sys.stderr.write(f"{time.monotonic() - _STARTED:6.0f} s  {text}\n")


_STARTED = time.monotonic()


@contextmanager
def _postgres(folder: Path) -> Iterator[tuple[str, int]]:
    sockets = folder / "run"
    sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
    postgres = EmbeddedPostgres(folder / "postgres", sockets, folder / "postgres.log")
    postgres.prepare()
    child = Child(postgres.command())
    try:
        postgres.wait_until_ready()
        yield postgres.url, child.pid
    finally:
        child.stop()


def _fill(database_url: str, pictures: int, embeddings: int) -> None:
    migrate(database_url)
    with psycopg.connect(database_url) as conn:
        (there,) = conn.execute("SELECT count(*) FROM images").fetchone() or (0,)
        (known,) = conn.execute("SELECT count(*) FROM embeddings").fetchone() or (0,)
    if there < pictures:
        fill(database_url, pictures, say)
    if known < embeddings:
        fill_vectors(database_url, embeddings, say)


@contextmanager
def _api(folder: Path, database_url: str) -> Iterator[int]:
    redis = EmbeddedRedis(folder / "run", folder / "redis.log")
    environment = dict(os.environ) | {
        "GALLERY_DATABASE_URL": database_url,
        "GALLERY_REDIS_URL": redis.url,
        "GALLERY_OBJECTS_URL": (folder / "objects").as_uri(),
        "GALLERY_PORT": str(PORT),
        "GALLERY_WEB_DIR": str(folder / "no web client"),
    }
    command = Command(name="api", arguments=[sys.executable, "-m", "api"], environment=environment,
                      log=folder / "api.log")  # fmt: skip
    children = [Child(redis.command()), Child(command)]
    try:
        redis.wait_until_ready()
        _wait_for_api()
        yield children[1].pid
    finally:
        for child in reversed(children):
            child.stop()


def _wait_for_api() -> None:
    for _ in range(300):
        try:
            get(PORT, "/readyz")
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise subprocess.SubprocessError("the API does not come up")


if __name__ == "__main__":
    main()
