"""What runs beside the requests outlives errors of every kind, and begins again by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from structlog.testing import capture_logs

from api.auth.rate_limit import RateLimiter
from api.background.cleanup import Cleanup
from api.background.publisher import Publisher
from api.background.search_maintenance import SearchMaintenance
from api.background.sweeper import Sweeper
from api.jobs.listener import JobListener
from core.errors import DatabaseUnavailableError, QueueUnavailableError
from infra.database.pool import Database, open_database
from infra.database.queries.recovery import try_sweeper_lock
from infra.queue.celery import Queue
from infra.queue.counters import Counters
from infra.settings import Settings
from tests.support.factories import execute

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(look: Callable[[], object], *, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not look():  # noqa: ASYNC110 (of other processes, too)
            await asyncio.sleep(0.02)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, name="background") as database:
        yield database


async def test_search_is_kept_again_once_its_tables_are_there(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.background.search_maintenance.INTERVAL_SECONDS", 0.02)
    execute(database_url, "ALTER TABLE image_tallies RENAME TO away")
    kept: list[None] = []
    keeper = SearchMaintenance(database)
    keep = keeper._maintain  # noqa: SLF001 (to see that a round ends well)

    async def keep_and_note() -> None:
        await keep()
        kept.append(None)

    monkeypatch.setattr(keeper, "_maintain", keep_and_note)
    async with running(keeper.run()) as task:
        await asyncio.sleep(0.3)
        assert (task.done(), kept) == (False, [])
        execute(database_url, "ALTER TABLE away RENAME TO image_tallies")
        await until(lambda: kept)


async def test_changes_are_heard_again_after_any_error(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.jobs.listener._RECONNECT_SECONDS", 0.02)
    monkeypatch.setattr("api.jobs.listener.CHANGES_CHANNEL", "no such; syntax")
    job_listener = JobListener(database_url)
    async with running(job_listener.run()) as task:
        await asyncio.sleep(0.2)
        assert not task.done()
        monkeypatch.setattr("api.jobs.listener.CHANGES_CHANNEL", "gallery_changes")
        change = job_listener.next()
        async with asyncio.timeout(20):
            while not change._event.is_set():  # noqa: SLF001
                execute(database_url, "NOTIFY gallery_changes")
                await asyncio.sleep(0.05)


async def test_announcing_goes_on_after_any_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(settings)
    publish = queue.publish
    errors = iter([ValueError("an error nobody foresaw")])

    def fail_once(*arguments: Any) -> None:
        for error in errors:
            raise error
        publish(*arguments)

    monkeypatch.setattr(queue, "publish", fail_once)
    publisher = Publisher(queue, chunk_size=1)
    async with running(publisher.run()):
        publisher.publish_soon([uuid4()], "bulk")
        await asyncio.sleep(0.2)
        publisher.publish_soon([uuid4()], "bulk")
        await until(lambda: queue.length("bulk") == 1)
    queue.close()


async def test_counts_are_told_after_errors_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.auth.rate_limit.EXCHANGE_SECONDS", 0.02)
    monkeypatch.setattr("api.auth.rate_limit.BACKOFF_SECONDS", 0.02)
    counters = Counters(settings)
    errors = iter([QueueUnavailableError(), ValueError("an error nobody foresaw")])
    told: list[int] = []

    def fail_twice(numbers: dict[str, int], *, keep_seconds: int) -> dict[str, int]:
        assert keep_seconds
        for error in errors:
            raise error
        told.extend(numbers.values())
        return numbers

    monkeypatch.setattr(counters, "add", fail_twice)
    rate_limiter = RateLimiter(settings, counters)
    async with running(rate_limiter.run()):
        for _ in range(3):
            rate_limiter.count_address("192.0.2.7")
        await until(lambda: told)
    counters.close()
    assert told == [3]


async def test_who_stops_sweeping_after_an_error_leaves_it_to_the_next(
    settings: Settings, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.background.sweeper.INTERVAL_SECONDS", 3600)
    execute(database_url, "ALTER TABLE sweeper RENAME TO away")
    queue = Queue(settings)
    cleanup = Cleanup(database, None, retention=settings.trash_retention)  # type: ignore[arg-type]
    sweeper = Sweeper(settings, database, queue, cleanup)
    tried: list[None] = []

    async def try_and_note(conn: psycopg.AsyncConnection) -> bool:
        tried.append(None)
        return await try_sweeper_lock(conn)

    monkeypatch.setattr("api.background.sweeper.try_sweeper_lock", try_and_note)
    async with running(sweeper.run()):
        await until(lambda: tried)
        await asyncio.sleep(0.5)
        async with await psycopg.AsyncConnection.connect(database_url) as other:
            assert await try_sweeper_lock(other)
    queue.close()


async def test_rounds_that_fail_are_told_of_once_and_so_is_their_end(
    settings: Settings, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.background.sweeper.INTERVAL_SECONDS", 0.02)
    execute(database_url, "ALTER TABLE sweeper RENAME TO away")
    queue = Queue(settings)
    cleanup = Cleanup(database, None, retention=settings.trash_retention)  # type: ignore[arg-type]
    worked: list[None] = []

    async def work() -> None:
        worked.append(None)

    monkeypatch.setattr(cleanup, "work", work)
    with capture_logs() as lines:
        async with running(Sweeper(settings, database, queue, cleanup).run()):
            await asyncio.sleep(0.5)
            assert worked == []
            execute(database_url, "ALTER TABLE away RENAME TO sweeper")
            await until(lambda: len(worked) > 1)
    queue.close()

    told = [line["event"] for line in lines if line.get("service") == "sweeper"]
    assert told == ["background.failed", "background.recovered"]


async def test_a_server_that_may_only_be_read_is_away_and_left(
    database: Database, database_url: str
) -> None:
    pids: list[int] = []
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableError):
            await write_to_a_standby(database, pids)
    assert pids[0] != pids[1]
    assert execute(database_url, "SELECT count(*) FROM images") == [(0,)]


async def write_to_a_standby(database: Database, pids: list[int]) -> None:
    async with database.connection() as conn:
        pids.append(conn.info.backend_pid)
        await conn.execute("SET default_transaction_read_only = on")
        await conn.execute("DELETE FROM images")
