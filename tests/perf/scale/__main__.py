"""`make bench-scale`: fill a real Postgres, then measure the API over HTTP.

    python -m tests.perf.scale [--pictures N] [--embeddings N] [--data DIR] [--only TEXT]

With `--data` the filled database is kept in a folder and used again. With `--only`, just the rows
of the table that have the text in their name are measured, and the report stays as it is.
"""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from infra.database.migrate import migrate
from tests.perf.scale.fill import fill, fill_jobs
from tests.perf.scale.measurements import measure_rows
from tests.perf.scale.processes import serving, storing
from tests.perf.scale.report import write_report
from tests.perf.scale.service import Environment
from tests.perf.scale.vectors import fill_vectors


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the API over a large gallery.")
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--embeddings", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="for each row of the table")
    parser.add_argument("--data", type=Path, help="a folder that keeps the filled database")
    parser.add_argument("--only", default="", help="measure rows with this text in their name")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="gallery-scale-") as scratch:
        folder = (arguments.data or Path(scratch)).resolve()
        with storing(folder) as (database_url, postgres):
            _fill(database_url, arguments.pictures, arguments.embeddings)
            with serving(folder, database_url) as (ports, api):
                environment = Environment(ports, api, postgres, database_url, arguments.seconds)
                rows = measure_rows(environment, only=arguments.only)
            if not arguments.only:
                write_report(rows, database_url, arguments.pictures, arguments.embeddings)


def say(text: str) -> None:
    """Progress, with the time since the start."""
    sys.stderr.write(f"{time.monotonic() - _STARTED:6.0f} s  {text}\n")


_STARTED = time.monotonic()


def _fill(database_url: str, pictures: int, embeddings: int) -> None:
    migrate(database_url)
    with psycopg.connect(database_url) as conn:
        (there,) = conn.execute("SELECT count(*) FROM images").fetchone() or (0,)
        (jobs,) = conn.execute("SELECT count(*) FROM jobs").fetchone() or (0,)
        (known,) = conn.execute("SELECT count(*) FROM embeddings").fetchone() or (0,)
    if there < pictures:
        fill(database_url, pictures, say)
    if not jobs:
        say("jobs")
        fill_jobs(database_url)
    if known < embeddings:
        fill_vectors(database_url, embeddings, say)
    say("cleaning up")
    with psycopg.connect(database_url, autocommit=True) as conn:
        # Now, and not in the middle of the first rows of the table.
        conn.execute("VACUUM (ANALYZE)")
        conn.execute("CHECKPOINT")


if __name__ == "__main__":
    main()
