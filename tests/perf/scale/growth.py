"""Compare insertion and polling in a large and in an empty gallery, in alternating rounds.

Both galleries are databases of one server, so that load and caches affect both alike.
"""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from core.ids import new_id
from core.predictions import ScoredClass, ScoredTag
from infra.database.migrate import migrate
from infra.database.queries.submissions import NewJob, StoredImage, SubmittedFile, create_jobs
from infra.database.queries.transitions import BatchResults, Classified, claim_images, settle_images
from infra.database.queries.workers import remove_worker, write_heartbeat
from tests.perf.scale.calls import measure
from tests.perf.scale.fill import Pattern, make_patterns
from tests.perf.scale.processes import serving
from tests.perf.scale.service import Environment, Row

# Many short rounds, because the load of the machine varies more slowly.
ROUNDS = 24
FILES = 100  # per job
JOBS = 4  # per round
BATCH = 16
WORKER = "bench"


@dataclass
class Workload:
    """Submission and classification of images with the statements of the service."""

    database_url: str
    patterns: list[Pattern]
    jobs: list[UUID] = field(default_factory=list)

    def run(self) -> float:
        """Run one round and return its duration in seconds."""
        files = [[_file() for _ in range(FILES)] for _ in range(JOBS)]
        start = time.perf_counter()
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            # Without a heartbeat, the sweeper reclaims the images.
            write_heartbeat(conn, WORKER, "ready", model="bench")
            for each in files:
                ids = asyncio.run(self._submit(each))
                for first in range(0, FILES, BATCH):
                    self._classify(conn, ids[first : first + BATCH])
        return time.perf_counter() - start

    async def _submit(self, files: list[SubmittedFile]) -> list[UUID]:
        self.jobs.append(new_id())
        async with await AsyncConnection.connect(self.database_url, autocommit=True) as conn:
            [items] = await create_jobs(conn, [NewJob(id=self.jobs[-1], files=files)])
        return [item.image_id for item in items if item.image_id]

    def _classify(self, conn: psycopg.Connection, ids: list[UUID]) -> None:
        lease = uuid4()
        claim_images(conn, ids, lease=lease, lease_for=timedelta(seconds=45), worker=WORKER)
        drawn = np.random.default_rng(len(self.jobs)).choice(len(self.patterns), len(ids))
        results = [
            Classified(
                image_id=image_id,
                predictions=[ScoredClass(*each) for each in self.patterns[number].classes],
                categories=[ScoredTag(*each) for each in self.patterns[number].categories],
            )
            for image_id, number in zip(ids, drawn, strict=True)
        ]
        assert settle_images(conn, BatchResults(results), lease=lease, model="bench") == len(ids)

    def clean_up(self) -> None:
        """Delete the rows of all rounds."""
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            conn.execute(
                "DELETE FROM images WHERE id IN"
                " (SELECT image_id FROM job_items WHERE job_id = ANY(%s))",
                [self.jobs],
            )
            conn.execute("DELETE FROM jobs WHERE id = ANY(%s)", [self.jobs])
            remove_worker(conn, WORKER)


def _file() -> SubmittedFile:
    sha256 = hashlib.sha256(uuid4().bytes).digest()
    image = StoredImage(
        sha256=sha256, media_type="image/jpeg", bytes=200_000, width=500, height=375
    )
    return SubmittedFile(name="image.jpg", image=image)


def measure_insertion(environment: Environment, call: str) -> Row:
    """Measure the database work for new images, from submission to settlement."""
    with _with_empty_gallery(environment) as (large, empty, _):
        workloads = (large, empty)
        seconds = pd.DataFrame([[each.run() for each in workloads] for _ in range(ROUNDS)])
    rate = JOBS * FILES / seconds.median()
    return Row(
        call,
        "within 10 % of an empty gallery",
        f"{rate[1] / rate[0] - 1:+.1%} time; {rate[0]:,.0f} images/s (empty: {rate[1]:,.0f})",
        remark=f"{ROUNDS} alternating rounds of {JOBS * FILES}, medians",
    )


def measure_polling(environment: Environment, call: str) -> Row:
    """Measure GET of a job with a hundred items over HTTP."""
    with _with_empty_gallery(environment) as (large, empty, other):
        targets = [(environment, large.jobs[-1]), (other, empty.jobs[-1])]
        rounds = [[_poll(*each) for each in targets] for _ in range(ROUNDS)]
    # Percentiles over all rounds, because one round has too few calls.
    polls = [Polls.of(each) for each in zip(*rounds, strict=True)]
    p50, p95 = ([float(each.times.quantile(share)) for each in polls] for share in (0.5, 0.95))
    spent = [each.spent / len(each.times) * 1000 for each in polls]
    return Row(
        call,
        "within 10 % of an empty gallery",
        f"{p50[0] / p50[1] - 1:+.1%} time; p50 {p50[0]:.0f}, p95 {p95[0]:.0f} ms "
        f"(empty: {p50[1]:.0f}, {p95[1]:.0f})",
        processor=f"{spent[0]:.2f} ms (empty: {spent[1]:.2f})",
        remark=f"{FILES} items; {ROUNDS} alternating rounds",
    )


@dataclass(frozen=True, slots=True)
class Polls:
    """Latencies in milliseconds, and their total processor time in seconds."""

    times: pd.Series
    spent: float

    @classmethod
    def of(cls, rounds: Sequence["Polls"]) -> "Polls":
        """Combine several rounds."""
        return cls(pd.concat([each.times for each in rounds]), sum(each.spent for each in rounds))


def _poll(environment: Environment, job_id: UUID) -> Polls:
    before = environment.processor_time()
    path = f"/api/v1/jobs/{job_id}"
    times = measure([environment.port], lambda _: path, seconds=environment.seconds / 8)
    return Polls(times, environment.processor_time() - before)


@contextmanager
def _with_empty_gallery(
    environment: Environment,
) -> Iterator[tuple[Workload, Workload, Environment]]:
    """Serve an empty gallery too, with as many API processes as the large one.

    Yields:
        Workloads of the large and of the empty gallery, and the environment of the empty one.
    """
    patterns = make_patterns()[:200]
    with (
        _empty_database(environment.database_url) as empty_url,
        TemporaryDirectory() as folder,
        serving(Path(folder), empty_url, processes=len(environment.ports)) as (ports, api),
    ):
        large, empty = Workload(environment.database_url, patterns), Workload(empty_url, patterns)
        try:
            large.run()
            empty.run()
            yield large, empty, replace(environment, ports=ports, api=api, database_url=empty_url)
        finally:
            large.clean_up()


@contextmanager
def _empty_database(database_url: str) -> Iterator[str]:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS empty_gallery")
        conn.execute("CREATE DATABASE empty_gallery")
        empty_url = make_conninfo(database_url, dbname="empty_gallery")
        migrate(empty_url)
        try:
            yield empty_url
        finally:
            conn.execute("DROP DATABASE empty_gallery WITH (FORCE)")
