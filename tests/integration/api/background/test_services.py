"""Background services with real servers: recovery from errors, and leader election."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from api.auth.rate_limit import RateLimiter
from api.background.leader import Leader
from api.background.publisher import Publisher
from api.background.runtime import BackgroundMetrics, BackgroundRuntime, BackgroundService
from api.background.search_maintenance import SearchMaintenance
from api.background.sweeper import Sweeper
from api.jobs.listener import JobListener
from core.errors import DatabaseUnavailableError, QueueUnavailableError
from infra.database.pool import Database, open_database
from infra.queue.celery import Queue
from infra.queue.counters import Counters
from infra.settings import Settings
from tests.support.factories import execute

pytestmark = pytest.mark.anyio

LOCKS = """
     FROM pg_locks
    WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, name="background") as database:
        yield database


def runtime_of(database: Database, *services: BackgroundService) -> BackgroundRuntime:
    return runtime_with_leader(Leader(database), *services)


def runtime_with_leader(leader: Leader, *services: BackgroundService) -> BackgroundRuntime:
    metrics = BackgroundMetrics(CollectorRegistry())
    return BackgroundRuntime(services, leader, metrics, backoff=0.02)


async def wait_until(runtime: BackgroundRuntime, service: str, *, succeeded: bool) -> None:
    """Await runs of a service until one has the expected outcome."""
    async with asyncio.timeout(20):
        while await runtime.completed(service) != succeeded:
            pass


async def take_over(leader: Leader) -> None:
    """Acquire the leadership once its holder has resigned."""
    async with asyncio.timeout(20):
        while not await leader.acquire():  # noqa: ASYNC110 (the server releases the lock)
            await asyncio.sleep(0.02)


async def test_search_maintenance_recovers_from_missing_table(
    database: Database, database_url: str
) -> None:
    execute(database_url, "ALTER TABLE image_tallies RENAME TO renamed")
    async with runtime_of(database, SearchMaintenance(database)) as runtime:
        await wait_until(runtime, "search_maintenance", succeeded=False)
        execute(database_url, "ALTER TABLE renamed RENAME TO image_tallies")
        await wait_until(runtime, "search_maintenance", succeeded=True)


async def test_job_listener_reconnects(database: Database, database_url: str) -> None:
    job_listener = JobListener(database_url)
    async with runtime_of(database, job_listener) as runtime:
        await wait_until(runtime, "job_listener", succeeded=True)
        execute(
            database_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'api changes' AND datname = current_database()",
        )
        await wait_until(runtime, "job_listener", succeeded=True)
        change = job_listener.next()
        execute(database_url, "NOTIFY gallery_changes")
        async with asyncio.timeout(20):
            await change.wait(3600)


async def test_publisher_continues_after_error(database: Database, settings: Settings) -> None:
    errors = iter([ValueError("unexpected error")])

    class FailingQueue(Queue):
        def publish(self, *arguments: Any) -> None:
            for error in errors:
                raise error
            super().publish(*arguments)

    queue = FailingQueue(settings)
    publisher = Publisher(queue, chunk_size=1)
    publisher.publish_soon([uuid4()], "bulk")
    async with runtime_of(database, publisher) as runtime:
        assert not await runtime.completed("publisher")
        publisher.publish_soon([uuid4()], "bulk")
        assert await runtime.completed("publisher")
        assert queue.length("bulk") == 1
    queue.close()


async def test_request_counts_are_kept_until_exchanged(
    database: Database, settings: Settings
) -> None:
    errors = iter([QueueUnavailableError(), ValueError("unexpected error")])
    added: list[int] = []

    class FailingCounters(Counters):
        def add(self, numbers: Mapping[str, int], *, keep_seconds: int) -> dict[str, int]:
            for error in errors:
                raise error
            added.extend(numbers.values())
            return super().add(numbers, keep_seconds=keep_seconds)

    counters = FailingCounters(settings)
    rate_limiter = RateLimiter(settings, counters)
    for _ in range(3):
        rate_limiter.count_address("192.0.2.7")
    async with runtime_of(database, rate_limiter) as runtime:
        outcomes = [await runtime.completed("rate_limit_exchange") for _ in range(3)]
    counters.close()

    assert outcomes == [False, False, True]
    assert added == [3]


async def test_failed_sweep_releases_the_leadership(
    settings: Settings, database: Database, database_url: str
) -> None:
    execute(database_url, "ALTER TABLE sweeper RENAME TO renamed")
    queue = Queue(settings)
    leader, other = Leader(database), Leader(database)
    async with runtime_with_leader(leader, Sweeper(settings, leader, queue)) as runtime:
        await wait_until(runtime, "sweeper", succeeded=False)
        await take_over(other)
        execute(database_url, "ALTER TABLE renamed RENAME TO sweeper")
        await other.resign()
        await wait_until(runtime, "sweeper", succeeded=True)
    queue.close()


async def test_standby_sweeps_after_leader_resigns(settings: Settings, database: Database) -> None:
    queue = Queue(settings)
    leader, standby = Leader(database), Leader(database)
    await take_over(leader)
    async with runtime_with_leader(standby, Sweeper(settings, standby, queue)) as runtime:
        swept = asyncio.create_task(runtime.completed("sweeper"))
        await asyncio.sleep(0.1)
        assert not swept.done()
        await leader.resign()
        runtime.wake("sweeper")
        assert await swept
    queue.close()


async def test_broken_leader_connection_is_replaced(
    settings: Settings, database: Database, database_url: str
) -> None:
    queue = Queue(settings)
    leader = Leader(database)
    async with runtime_with_leader(leader, Sweeper(settings, leader, queue)) as runtime:
        await wait_until(runtime, "sweeper", succeeded=True)
        execute(database_url, f"SELECT pg_terminate_backend(pid) {LOCKS}")
        runtime.wake("sweeper")
        await wait_until(runtime, "sweeper", succeeded=False)
        await wait_until(runtime, "sweeper", succeeded=True)
    queue.close()


async def test_read_only_server_counts_as_unavailable(
    database: Database, database_url: str
) -> None:
    pids: list[int] = []
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableError):
            await write_to_standby(database, pids)
    assert pids[0] != pids[1]
    assert execute(database_url, "SELECT count(*) FROM images") == [(0,)]


async def write_to_standby(database: Database, pids: list[int]) -> None:
    async with database.connection() as conn:
        pids.append(conn.info.backend_pid)
        await conn.execute("SET default_transaction_read_only = on")
        await conn.execute("DELETE FROM images")
