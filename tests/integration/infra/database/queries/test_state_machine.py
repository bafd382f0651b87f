"""Whatever happens in whatever order, a picture's state is what a small model says it is."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from hypothesis.stateful import run_state_machine_as_test as run_machine
from psycopg import AsyncConnection

from core.ids import new_id
from core.predictions import ScoredClass
from infra.database.queries.images import Filter, restore_images, trash_images
from infra.database.queries.jobs import get_job
from infra.database.queries.leases import (
    BatchResults,
    Classified,
    Failed,
    claim_images,
    release_images,
    renew_lease,
    settle_images,
)
from infra.database.queries.purge import purge_images
from infra.database.queries.reclassify import reclassify_images
from infra.database.queries.recovery import reclaim_expired
from infra.database.queries.requeue import Retry, cancel_job, retry_images
from infra.database.queries.submissions import create_job
from infra.database.queries.workers import write_heartbeat
from tests.support.factories import image_file

Answer = TypeVar("Answer")

LEASE = timedelta(seconds=45)
NAMES = ("a", "b", "c", "d")
FIVE = [ScoredClass(index, 0.2) for index in range(5)]
some_names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)
which_lease = st.integers(0, 3)
which_job = st.integers(0, 30)


@dataclass
class StoredImage:
    """What the model knows of a picture."""

    id: UUID
    status: str = "queued"
    attempts: int = 0
    code: str | None = None
    lease: UUID | None = None
    worker: str | None = None
    is_expired: bool = False
    is_deleted: bool = False

    def become(self, status: str, code: str | None = None) -> None:
        self.status, self.code = status, code
        self.lease = self.worker = None
        self.is_expired = False


@dataclass
class Job:
    """What the model knows of a job: how many files, and which pictures by name."""

    id: UUID
    total: int
    names: set[str]
    is_cancelled: bool = False


@dataclass
class Model:
    """All of it."""

    pictures: dict[str, StoredImage] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    leases: list[UUID] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)

    def lease(self, which: int) -> UUID:
        """Mostly one that holds pictures, sometimes any: one that was lost."""
        holding = [lease for lease in self.leases if self.held(lease)]
        among = holding if holding and which > 0 else self.leases
        return among[-1 - which % len(among)]

    def held(self, lease: UUID) -> list[StoredImage]:
        return [picture for picture in self.pictures.values() if picture.lease == lease]


class Gallery(RuleBasedStateMachine):
    """Every verb of the database, called in any order."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.loop = asyncio.new_event_loop()
        self.conn = psycopg.connect(self.url, autocommit=True)
        self.api = self.wait(AsyncConnection.connect(self.url, autocommit=True))
        self.conn.execute(
            "TRUNCATE images, jobs, job_items, predictions, workers, unnamed_objects CASCADE"
        )
        self.start_worker()

    def teardown(self) -> None:
        self.wait(self.api.close())
        self.conn.close()
        self.loop.close()

    def wait(self, answer: Coroutine[Any, Any, Answer]) -> Answer:
        return self.loop.run_until_complete(answer)

    def ids(self, names: Sequence[str]) -> list[UUID]:
        return [self.model.pictures[name].id for name in names if name in self.model.pictures]

    @initialize()
    def submit_all(self) -> None:
        """Every run has pictures: left to chance, most had none, and their events did nothing."""
        self.submit(list(NAMES))

    @rule(names=some_names)
    def submit(self, names: list[str]) -> None:
        job = Job(new_id(), len(names), set(names))
        items = self.wait(create_job(self.api, job.id, [image_file(name) for name in names]))
        self.model.jobs.append(job)
        for name, item in zip(names, items, strict=True):
            assert item.image_id is not None
            picture = self.model.pictures.setdefault(name, StoredImage(item.image_id))
            assert picture.id == item.image_id
            picture.is_deleted = False
        self._retried([self.model.pictures[name] for name in names])

    @rule(names=some_names)
    def claim(self, names: list[str]) -> None:
        worker, lease, ids = self.model.workers[-1], uuid4(), self.ids(names)
        claimed = claim_images(self.conn, ids, lease=lease, lease_for=LEASE, worker=worker)
        wanted = [
            picture
            for picture in self.model.pictures.values()
            if picture.id in ids
            and picture.status == "queued"
            and (picture.attempts == 0 or len(ids) == 1)
        ]
        assert {image.id for image in claimed} == {picture.id for picture in wanted}
        self.model.leases.append(lease)
        for picture in wanted:
            picture.status, picture.lease, picture.worker = "running", lease, worker
            picture.attempts += 1

    @precondition(lambda self: self.model.leases)
    @rule(which=which_lease, names=some_names, code=st.sampled_from([None, "truncated"]))
    def settle(self, which: int, names: list[str], code: str | None) -> None:
        """On any lease there ever was: late and repeated answers change nothing."""
        lease = self.model.lease(which)
        ids = self.ids(names)
        outcomes = (
            BatchResults(failed=[Failed(image_id=each, code=code, detail="So.") for each in ids])
            if code
            else BatchResults([Classified(image_id=each, predictions=FIVE) for each in ids])
        )
        changed = [picture for picture in self.model.held(lease) if picture.id in ids]
        assert settle_images(self.conn, outcomes, lease=lease, model="m") == len(changed)
        for picture in changed:
            picture.become("failed" if code else "done", code)

    @precondition(lambda self: self.model.leases)
    @rule(which=which_lease, suspect=st.booleans())
    def release(self, which: int, *, suspect: bool) -> None:
        lease = self.model.lease(which)
        ids = self.ids(NAMES)
        release_images(self.conn, ids, lease=lease, suspect=suspect)
        for picture in self.model.held(lease):
            picture.become("queued")
            picture.attempts -= 0 if suspect else 1

    @precondition(lambda self: self.model.leases)
    @rule(which=which_lease)
    def renew(self, which: int) -> None:
        lease = self.model.lease(which)
        renew_lease(self.conn, self.ids(NAMES), lease=lease, lease_for=LEASE)
        for picture in self.model.held(lease):
            picture.is_expired = False

    @rule(name=st.sampled_from(NAMES))
    def let_a_lease_run_out(self, name: str) -> None:
        self.conn.execute(
            "UPDATE images SET leased_until = now() - interval '1 s'"
            " WHERE status = 'running' AND id = ANY(%s)",
            [self.ids([name])],
        )
        if name in self.model.pictures and self.model.pictures[name].lease:
            self.model.pictures[name].is_expired = True

    @rule()
    def start_worker(self) -> None:
        self.model.workers.append(f"worker-{len(self.model.workers)}")
        write_heartbeat(self.conn, self.model.workers[-1], "ready", model="m")

    @rule()
    def kill_worker(self) -> None:
        worker = self.model.workers[-1]
        self.conn.execute(
            "UPDATE workers SET seen_at = now() - interval '1 min' WHERE id = %s", [worker]
        )
        self.model.dead.add(worker)
        self.start_worker()

    @rule()
    def sweep(self) -> None:
        self.conn.execute(
            "UPDATE sweeper SET steady_since = now() - interval '1 min', seen_at = now()"
        )
        self.wait(reclaim_expired(self.api, longest_lease=LEASE, limit=100))
        for picture in self.model.pictures.values():
            is_dead = picture.worker in self.model.dead
            if picture.status != "running" or not (picture.is_expired or is_dead):
                continue
            if is_dead and picture.attempts > 1:
                picture.become("failed", "crashed_worker")
            else:
                picture.become("queued")
                picture.attempts -= 0 if is_dead else 1

    @rule(names=some_names)
    def crash(self, names: list[str]) -> None:
        """The way of a crash in one step: chance alone would rarely go it twice."""
        self.claim(names)
        self.kill_worker()
        self.sweep()

    @rule(names=some_names)
    def retry_pictures(self, names: list[str]) -> None:
        which = Retry(ended=["failed", "cancelled"], ids=self.ids(names))
        self.wait(retry_images(self.api, which))
        self._retried([self.model.pictures[name] for name in names if name in self.model.pictures])

    @rule(names=some_names)
    def rerun(self, names: list[str]) -> None:
        which = Filter(ids=self.ids(names))
        self.wait(reclassify_images(self.api, which, "found", model=None))
        wanted = [self.model.pictures[name] for name in names if name in self.model.pictures]
        for picture in wanted:
            if not picture.is_deleted:
                if picture.status == "done":
                    picture.become("failed")
                self._retried([picture])

    @precondition(lambda self: self.model.jobs)
    @rule(which=which_job)
    def retry_job(self, which: int) -> None:
        job = self.model.jobs[which % len(self.model.jobs)]
        self.wait(retry_images(self.api, Retry(job_id=job.id)))
        job.is_cancelled = False
        wanted = [self.model.pictures[name] for name in job.names]
        self._retried([p for p in wanted if p.status == "failed" and not p.is_deleted])

    def _retried(self, pictures: Sequence[StoredImage]) -> None:
        for picture in pictures:
            if picture.status in ("failed", "cancelled"):
                picture.attempts = 1 if picture.code == "crashed_worker" else 0
                picture.become("queued")

    @precondition(lambda self: self.model.jobs)
    @rule(which=which_job)
    def cancel(self, which: int) -> None:
        job = self.model.jobs[which % len(self.model.jobs)]
        self.wait(cancel_job(self.api, job.id))
        job.is_cancelled = True
        wanted = {name for each in self.model.jobs if not each.is_cancelled for name in each.names}
        for name in job.names - wanted:
            if self.model.pictures[name].status == "queued":
                self.model.pictures[name].become("cancelled")

    @rule(names=some_names, keep=st.booleans())
    def trash(self, names: list[str], *, keep: bool) -> None:
        ids = self.ids(names)
        if keep:
            self.wait(restore_images(self.api, ids))
        else:
            self.wait(trash_images(self.api, Filter(ids=ids)))
        for picture in self.model.pictures.values():
            if picture.id in ids:
                picture.is_deleted = not keep

    @rule()
    def purge(self) -> None:
        self.wait(purge_images(self.api, older_than=timedelta(0)))
        for name, picture in list(self.model.pictures.items()):
            if picture.is_deleted and picture.status != "running":
                del self.model.pictures[name]
                for job in self.model.jobs:
                    job.names.discard(name)

    @invariant()
    def states_are_the_models(self) -> None:
        rows = self.conn.execute(
            "SELECT id, status, attempts, failure_code, lease, deleted_at IS NOT NULL FROM images"
        )
        assert {row[0]: row[1:] for row in rows} == {
            picture.id: (
                picture.status,
                picture.attempts,
                picture.code,
                picture.lease,
                picture.is_deleted,
            )
            for picture in self.model.pictures.values()
        }

    @invariant()
    def what_is_done_has_five_predictions(self) -> None:
        rows = self.conn.execute(
            "SELECT count(*) FROM predictions GROUP BY image_id HAVING count(*) <> 5"
        )
        assert rows.fetchall() == []
        missing = self.conn.execute(
            "SELECT count(*) FROM images AS i WHERE status = 'done'"
            " AND NOT EXISTS (SELECT FROM predictions WHERE image_id = i.id)"
        )
        assert missing.fetchone() == (0,)

    @invariant()
    def every_jobs_counts_add_up(self) -> None:
        for each in self.model.jobs:
            job = self.wait(get_job(self.api, each.id))
            ended = job.done + job.failed + job.duplicate + job.rejected + job.cancelled
            assert job.total == each.total == job.queued + job.running + ended


def test_no_order_of_events_breaks_a_promise(database_url: str) -> None:
    machine = type("GalleryHere", (Gallery,), {"url": database_url})
    run_machine(
        machine,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
