"""Cached results are valid until the next commit of any connection."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from core.errors import DatabaseUnavailableError
from infra.database.snapshot_cache import SnapshotCache
from tests.support.factories import execute, submit_rows


class Loader:
    """A query that counts its calls and returns their number."""

    def __init__(self, *, delay: float = 0) -> None:
        self.calls = 0
        self._delay = delay

    async def __call__(self) -> int:
        self.calls += 1
        await asyncio.sleep(self._delay)
        return self.calls


def count(conn: psycopg.AsyncConnection, table: str) -> Callable[[], Awaitable[int]]:
    async def load() -> int:
        cur = await conn.execute(f"SELECT count(*) FROM {table}".encode())
        return int((await anext(cur))[0])

    return load


def test_result_is_valid_until_the_next_commit(database_url: str) -> None:
    loads = 0

    async def read() -> list[int]:
        cache = SnapshotCache()
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:

            async def load() -> int:
                nonlocal loads
                loads += 1
                return await count(conn, "images")()

            results = [await cache.get(conn, "a", load) for _ in range(3)]
            await submit_rows(database_url, "a")
            results.append(await cache.get(conn, "a", load))
            await asyncio.to_thread(execute, database_url, "DELETE FROM images")
            results.append(await cache.get(conn, "a", load))
        return results

    assert asyncio.run(read()) == [0, 0, 0, 1, 0]
    assert loads < 5  # 3, or more if another database is vacuumed, which changes the snapshot


def test_uncommitted_change_is_visible_after_its_commit(database_url: str) -> None:
    async def read() -> list[int]:
        cache = SnapshotCache()
        insert = "INSERT INTO jobs (id, item_count) VALUES (gen_random_uuid(), 0)"
        async with (
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as reader,
            await psycopg.AsyncConnection.connect(database_url) as writer,
        ):
            results = [await cache.get(reader, "a", count(reader, "jobs"))]
            await writer.execute(insert)
            results.append(await cache.get(reader, "a", count(reader, "jobs")))
            await writer.commit()
            results.append(await cache.get(reader, "a", count(reader, "jobs")))
        return results

    assert asyncio.run(read()) == [0, 0, 1]


def test_least_recently_used_entry_is_evicted(database_url: str) -> None:
    load = Loader()

    async def read() -> None:
        cache = SnapshotCache(most=2)
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            for key in "abacab":
                await cache.get(conn, key, load)

    asyncio.run(read())
    assert 4 <= load.calls < 6  # a, b, c, and b again, which was evicted for c


def test_concurrent_requests_share_one_query(database_url: str) -> None:
    load = Loader(delay=0.2)

    async def read(cache: SnapshotCache) -> int:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            return await cache.get(conn, "a", load)

    async def read_concurrently() -> None:
        cache = SnapshotCache()
        results = await asyncio.gather(*(read(cache) for _ in range(6)))
        assert set(results) <= {1, 2}

    asyncio.run(read_concurrently())
    assert load.calls <= 2  # 2 if another database was vacuumed between the requests


def test_failed_query_is_not_cached(database_url: str) -> None:
    async def fail() -> int:
        raise DatabaseUnavailableError

    async def read() -> int:
        cache = SnapshotCache()
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            with pytest.raises(DatabaseUnavailableError):
                await cache.get(conn, "a", fail)
            return await cache.get(conn, "a", Loader())

    assert asyncio.run(read()) == 1
