"""Fill an embedded Postgres, then measure the API over HTTP: `make bench-scale`.

    python -m tests.perf.scale [--images N] [--embeddings N] [--data DIR] [--only TEXT]

With `--data` the filled database is kept in a folder and reused. With `--only`, only the rows whose
name contains the text are measured, and the report is not written.
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
    """Parse the options, fill the database, measure the rows and write the report."""
    parser = argparse.ArgumentParser(description="Measure the API over a large gallery.")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--embeddings", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="duration of each row")
    parser.add_argument("--data", type=Path, help="folder in which the filled database is kept")
    parser.add_argument(
        "--only", default="", help="measure only rows whose name contains this text"
    )
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="gallery-scale-") as scratch:
        folder = (arguments.data or Path(scratch)).resolve()
        with storing(folder) as (database_url, postgres):
            _fill(database_url, arguments.images, arguments.embeddings)
            with serving(folder, database_url) as (ports, api):
                environment = Environment(ports, api, postgres, database_url, arguments.seconds)
                rows = measure_rows(environment, only=arguments.only)
            if not arguments.only:
                write_report(rows, database_url, arguments.images, arguments.embeddings)


def say(text: str) -> None:
    """Print progress with the time since the start."""
    sys.stderr.write(f"{time.monotonic() - _STARTED:6.0f} s  {text}\n")


_STARTED = time.monotonic()


def _fill(database_url: str, images: int, embeddings: int) -> None:
    migrate(database_url)
    with psycopg.connect(database_url) as conn:
        (image_count,) = conn.execute("SELECT count(*) FROM images").fetchone() or (0,)
        (job_count,) = conn.execute("SELECT count(*) FROM jobs").fetchone() or (0,)
        (embedding_count,) = conn.execute("SELECT count(*) FROM embeddings").fetchone() or (0,)
    if image_count < images:
        fill(database_url, images, say)
    if not job_count:
        say("jobs")
        fill_jobs(database_url)
    if embedding_count < embeddings:
        fill_vectors(database_url, embeddings, say)
    say("vacuum")
    with psycopg.connect(database_url, autocommit=True) as conn:
        # Now, so that neither runs during the first measurements.
        conn.execute("VACUUM (ANALYZE)")
        conn.execute("CHECKPOINT")


if __name__ == "__main__":
    main()
