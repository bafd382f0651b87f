"""Does a large gallery slow down what comes in? The same work in it and in an empty one, in turns.

Both are databases of the same server, so that the machine's moods and caches are the same.
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
from infra.database.queries.submissions import StoredImage, SubmittedFile, create_job
from infra.database.queries.transitions import BatchResults, Classified, claim_images, settle_images
from infra.database.queries.workers import remove_worker, write_heartbeat
from tests.perf.scale.calls import measure
from tests.perf.scale.fill import Pattern, make_patterns
from tests.perf.scale.processes import serving
from tests.perf.scale.service import Environment, Row

# Many and short: the machine's moods are longer than one of them.
ROUNDS = 24
FILES = 100  # of a job
JOBS = 4  # in a round
CHUNK = 16
WORKER = "bench"


@dataclass
class Life:
    """Pictures that come in and are classified, by the service's own statements."""

    database_url: str
    patterns: list[Pattern]
    jobs: list[UUID] = field(default_factory=list)

    def live(self) -> float:
        """A round; its seconds."""
        files = [[_file() for _ in range(FILES)] for _ in range(JOBS)]
        begin = time.perf_counter()
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            # The sweeper takes pictures from whoever is silent.
            write_heartbeat(conn, WORKER, "ready", model="bench")
            for each in files:
                ids = asyncio.run(self._submit(each))
                for start in range(0, FILES, CHUNK):
                    self._classify(conn, ids[start : start + CHUNK])
        return time.perf_counter() - begin

    async def _submit(self, files: list[SubmittedFile]) -> list[UUID]:
        self.jobs.append(new_id())
        async with await AsyncConnection.connect(self.database_url, autocommit=True) as conn:
            items = await create_job(conn, self.jobs[-1], files)
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

    def forget(self) -> None:
        """Leave the gallery as it was."""
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
    picture = StoredImage(
        sha256=sha256, media_type="image/jpeg", bytes=200_000, width=500, height=375
    )
    return SubmittedFile(name="picture.jpg", picture=picture)


def measure_insertion(environment: Environment, call: str) -> Row:
    """From its record to its tags: what the database is asked to do for a new picture."""
    with _beside_an_empty_one(environment) as (large, empty, _):
        lives = (large, empty)
        seconds = pd.DataFrame([[each.live() for each in lives] for _ in range(ROUNDS)])
    rate = JOBS * FILES / seconds.median()
    return Row(
        call,
        "within 10 % of an empty one",
        f"{rate[1] / rate[0] - 1:+.1%} time; {rate[0]:,.0f} pictures/s (empty: {rate[1]:,.0f})",
        remark=f"{ROUNDS} rounds of {JOBS * FILES} in turns, medians",
    )


def measure_polling(environment: Environment, call: str) -> Row:
    """A job of a hundred files, asked for over HTTP."""
    with _beside_an_empty_one(environment) as (large, empty, other):
        asked = [(environment, large.jobs[-1]), (other, empty.jobs[-1])]
        rounds = [[_poll(*each) for each in asked] for _ in range(ROUNDS)]
    # Of all rounds together, since one has too few calls for a percentile to hold still.
    polls = [Polls.of(each) for each in zip(*rounds, strict=True)]
    p50, p95 = ([float(each.times.quantile(share)) for each in polls] for share in (0.5, 0.95))
    spent = [each.spent / len(each.times) * 1000 for each in polls]
    return Row(
        call,
        "within 10 % of an empty one",
        f"{p50[0] / p50[1] - 1:+.1%} time; p50 {p50[0]:.0f}, p95 {p95[0]:.0f} ms "
        f"(empty: {p50[1]:.0f}, {p95[1]:.0f})",
        processor=f"{spent[0]:.2f} ms (empty: {spent[1]:.2f})",
        remark=f"{FILES} items; {ROUNDS} rounds in turns",
    )


@dataclass(frozen=True, slots=True)
class Polls:
    """Latencies in milliseconds, and seconds of processor time that all of them took."""

    times: pd.Series
    spent: float

    @classmethod
    def of(cls, rounds: Sequence["Polls"]) -> "Polls":
        return cls(pd.concat([each.times for each in rounds]), sum(each.spent for each in rounds))


def _poll(environment: Environment, job_id: UUID) -> Polls:
    before = environment.processor_time()
    path = f"/api/v1/jobs/{job_id}"
    times = measure([environment.port], lambda _: path, seconds=environment.seconds / 8)
    return Polls(times, environment.processor_time() - before)


@contextmanager
def _beside_an_empty_one(environment: Environment) -> Iterator[tuple[Life, Life, Environment]]:
    """The same house twice, with as many API processes: the large gallery's and an empty one's."""
    patterns = make_patterns()[:200]
    with (
        _empty_database(environment.database_url) as empty_url,
        TemporaryDirectory() as folder,
        serving(Path(folder), empty_url, processes=len(environment.ports)) as (ports, api),
    ):
        large, empty = Life(environment.database_url, patterns), Life(empty_url, patterns)
        try:
            large.live()
            empty.live()
            yield large, empty, replace(environment, ports=ports, api=api, database_url=empty_url)
        finally:
            large.forget()


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
