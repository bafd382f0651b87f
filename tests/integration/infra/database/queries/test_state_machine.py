"""State transitions of images in any order, compared with a model after each of them."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

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
from infra.database.queries.images import restore_images, trash_images
from infra.database.queries.jobs import get_job
from infra.database.queries.purge import purge_images
from infra.database.queries.submissions import NewJob, create_jobs
from infra.database.queries.transitions import (
    TRANSITIONS,
    BatchResults,
    Classified,
    Failed,
    Retry,
    cancel_job,
    claim_images,
    reclaim_expired,
    reclassify_images,
    release_images,
    renew_lease,
    retry_images,
    settle_images,
    submit_images,
)
from infra.database.queries.workers import write_heartbeat
from infra.database.search.compiler import Filter
from tests.integration.infra.database.queries.model import GalleryModel, ImageModel, JobModel
from tests.support.factories import image_file

Result = TypeVar("Result")

LEASE = timedelta(seconds=45)
NAMES = ("a", "b", "c", "d")
PREDICTIONS = [ScoredClass(index, 0.2) for index in range(5)]
some_names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)
some_lease = st.integers(0, 3)
some_job = st.integers(0, 30)


class Gallery(RuleBasedStateMachine):
    """The queries that change images, called in any order on database and model."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.model = GalleryModel()
        self.loop = asyncio.new_event_loop()
        self.conn = psycopg.connect(self.url, autocommit=True)
        self.api: AsyncConnection = self.wait(AsyncConnection.connect(self.url, autocommit=True))
        self.conn.execute(
            "TRUNCATE images, jobs, job_items, predictions, workers, unnamed_objects CASCADE"
        )
        self.start_worker()

    def teardown(self) -> None:
        self.wait(self.api.close())
        self.conn.close()
        self.loop.close()

    def wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return self.loop.run_until_complete(coroutine)

    def job(self, number: int) -> JobModel:
        return self.model.jobs[number % len(self.model.jobs)]

    @initialize()
    def submit_all(self) -> None:
        """Start with all images; random rules alone leave most runs without any."""
        self.submit(list(NAMES))

    @rule(names=some_names)
    def submit(self, names: list[str]) -> None:
        job = JobModel(new_id(), len(names), set(names))
        files = [image_file(name) for name in names]
        [items] = self.wait(create_jobs(self.api, [NewJob(id=job.id, files=files)]))
        self.model.jobs.append(job)
        for name, item in zip(names, items, strict=True):
            assert item.image_id is not None
            image = self.model.images.setdefault(name, ImageModel(item.image_id))
            assert image.id == item.image_id
            image.is_deleted = False
            image.queue_again("failed", "cancelled")

    @rule(names=some_names)
    def claim(self, names: list[str]) -> None:
        worker, lease, ids = self.model.workers[-1], uuid4(), self.model.ids(names)
        claimed = claim_images(self.conn, ids, lease=lease, lease_for=LEASE, worker=worker)
        expected = [
            image
            for image in self.model.named(names)
            if image.status == "queued" and (image.attempts == 0 or len(ids) == 1)
        ]
        assert {image.id for image in claimed} == {image.id for image in expected}
        self.model.leases.append(lease)
        for image in expected:
            image.claim(lease, worker)

    @precondition(lambda self: self.model.leases)
    @rule(number=some_lease, names=some_names, code=st.sampled_from([None, "truncated"]))
    def settle(self, number: int, names: list[str], code: str | None) -> None:
        """Settle under any lease; late and repeated results must change nothing."""
        lease = self.model.choose_lease(number)
        ids = self.model.ids(names)
        results = (
            BatchResults(
                failed=[Failed(image_id=each, code=code, detail="Truncated.") for each in ids]
            )
            if code
            else BatchResults([Classified(image_id=each, predictions=PREDICTIONS) for each in ids])
        )
        settled = [image for image in self.model.leased(lease) if image.id in ids]
        assert settle_images(self.conn, results, lease=lease, model="m") == len(settled)
        for image in settled:
            image.end("failed" if code else "done", code)

    @precondition(lambda self: self.model.leases)
    @rule(number=some_lease, suspect=st.booleans())
    def release(self, number: int, *, suspect: bool) -> None:
        lease = self.model.choose_lease(number)
        release_images(self.conn, self.model.ids(NAMES), lease=lease, suspect=suspect)
        for image in self.model.leased(lease):
            image.release(is_suspect=suspect)

    @precondition(lambda self: self.model.leases)
    @rule(number=some_lease)
    def renew(self, number: int) -> None:
        lease = self.model.choose_lease(number)
        renew_lease(self.conn, self.model.ids(NAMES), lease=lease, lease_for=LEASE)
        for image in self.model.leased(lease):
            image.is_expired = False

    @rule(name=st.sampled_from(NAMES))
    def expire_lease(self, name: str) -> None:
        self.conn.execute(
            "UPDATE images SET leased_until = now() - interval '1 s'"
            " WHERE status = 'running' AND id = ANY(%s)",
            [self.model.ids([name])],
        )
        for image in self.model.named([name]):
            image.is_expired = image.lease is not None

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
        for image in self.model.images.values():
            is_dead = image.worker in self.model.dead
            if image.status != "running" or not (image.is_expired or is_dead):
                continue
            if is_dead and image.attempts > 1:
                image.end("failed", "crashed_worker")
            else:
                image.release(is_suspect=is_dead)

    @rule(names=some_names)
    def crash(self, names: list[str]) -> None:
        """Claim, crash and sweep in one step; random rules alone rarely crash an image twice."""
        self.claim(names)
        self.kill_worker()
        self.sweep()

    @rule(names=some_names)
    def retry(self, names: list[str]) -> None:
        which = Retry(ended=["failed", "cancelled"], ids=self.model.ids(names))
        self.wait(retry_images(self.api, which))
        for image in self.model.named(names):
            image.queue_again("failed", "cancelled")

    @rule(names=some_names)
    def reclassify(self, names: list[str]) -> None:
        which = Filter(ids=self.model.ids(names))
        self.wait(reclassify_images(self.api, which, "found", model=None))
        for image in self.model.named(names):
            if not image.is_deleted:
                image.queue_again("done", "failed", "cancelled")

    @precondition(lambda self: self.model.jobs)
    @rule(number=some_job)
    def retry_job(self, number: int) -> None:
        job = self.job(number)
        self.wait(retry_images(self.api, Retry(job_id=job.id)))
        job.is_cancelled = False
        for image in self.model.named(job.names):
            if not image.is_deleted:
                image.queue_again("failed")

    @precondition(lambda self: self.model.jobs)
    @rule(number=some_job)
    def cancel(self, number: int) -> None:
        job = self.job(number)
        self.wait(cancel_job(self.api, job.id))
        job.is_cancelled = True
        wanted = {name for each in self.model.jobs if not each.is_cancelled for name in each.names}
        for image in self.model.named(job.names - wanted):
            if image.status == "queued":
                image.end("cancelled")

    @rule(names=some_names, restore=st.booleans())
    def trash(self, names: list[str], *, restore: bool) -> None:
        ids = self.model.ids(names)
        if restore:
            self.wait(restore_images(self.api, ids))
        else:
            self.wait(trash_images(self.api, Filter(ids=ids)))
        for image in self.model.named(names):
            image.is_deleted = not restore

    @rule()
    def purge(self) -> None:
        self.wait(purge_images(self.api, older_than=timedelta(0)))
        for name, image in list(self.model.images.items()):
            if image.is_deleted and image.status != "running":
                del self.model.images[name]
                for job in self.model.jobs:
                    job.names.discard(name)

    @invariant()
    def database_agrees_with_the_model(self) -> None:
        rows = self.conn.execute(
            "SELECT id, status, attempts, failure_code, lease, deleted_at IS NOT NULL FROM images"
        )
        assert {row[0]: row[1:] for row in rows} == {
            image.id: (image.status, image.attempts, image.code, image.lease, image.is_deleted)
            for image in self.model.images.values()
        }

    @invariant()
    def done_images_have_five_predictions(self) -> None:
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
    def counts_of_jobs_add_up(self) -> None:
        for each in self.model.jobs:
            job = self.wait(get_job(self.api, each.id))
            ended = job.done + job.failed + job.duplicate + job.rejected + job.cancelled
            assert job.total == each.total == job.queued + job.running + ended


def test_state_machine_drives_every_transition() -> None:
    driven = {
        submit_images,  # by create_jobs
        claim_images,
        settle_images,
        release_images,
        reclaim_expired,
        retry_images,
        reclassify_images,
        cancel_job,
    }
    assert {each.function for each in TRANSITIONS} == driven


def test_states_agree_with_the_model_after_any_events(database_url: str) -> None:
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
