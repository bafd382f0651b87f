"""Answers are kept until anything is written, whoever writes it."""

import asyncio

import psycopg
import pytest

from core.errors import DatabaseUnavailableError
from infra.database.snapshot_cache import SnapshotCache
from tests.support.factories import execute, submit_rows


def test_an_answer_holds_until_something_is_committed(database_url: str) -> None:
    read = 0

    async def count(conn: psycopg.AsyncConnection) -> int:
        nonlocal read
        read += 1
        return int((await anext(await conn.execute("SELECT count(*) FROM images")))[0])

    async def ask() -> list[int]:
        snapshot_cache = SnapshotCache()
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            answers = [await snapshot_cache.get(conn, "a", lambda: count(conn)) for _ in range(3)]
            await submit_rows(database_url, "a")
            answers.append(await snapshot_cache.get(conn, "a", lambda: count(conn)))
            await asyncio.to_thread(execute, database_url, "DELETE FROM images")
            answers.append(await snapshot_cache.get(conn, "a", lambda: count(conn)))
        return answers

    assert asyncio.run(ask()) == [0, 0, 0, 1, 0]
    assert read < 5  # a vacuum of another database, too, may make it read anew


def test_what_is_not_committed_yet_is_seen_when_it_is(database_url: str) -> None:
    async def ask() -> list[int]:
        snapshot_cache, rows = SnapshotCache(), "SELECT count(*) FROM jobs"
        insert = "INSERT INTO jobs (id, item_count) VALUES (gen_random_uuid(), 0)"

        async def count() -> int:
            return int((await anext(await reader.execute(rows)))[0])

        async with (
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as reader,
            await psycopg.AsyncConnection.connect(database_url) as writer,
        ):
            answers = [await snapshot_cache.get(reader, "a", count)]
            await writer.execute(insert)
            answers.append(await snapshot_cache.get(reader, "a", count))
            await writer.commit()
            answers.append(await snapshot_cache.get(reader, "a", count))
        return answers

    assert asyncio.run(ask()) == [0, 0, 1]


def test_only_so_many_answers_are_kept(database_url: str) -> None:
    read = 0

    async def answer() -> int:
        nonlocal read
        read += 1
        return read

    async def ask() -> None:
        snapshot_cache = SnapshotCache(most=2)
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            for question in "abaca":
                await snapshot_cache.get(conn, question, answer)
            await snapshot_cache.get(conn, "b", answer)

    asyncio.run(ask())
    assert 4 <= read < 6  # a, b, c, and b again: a was asked for later


def test_of_many_who_ask_at_once_one_reads(database_url: str) -> None:
    read = 0

    async def answer() -> int:
        nonlocal read
        read += 1
        await asyncio.sleep(0.2)
        return read

    async def ask(snapshot_cache: SnapshotCache) -> int:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            return await snapshot_cache.get(conn, "a", answer)

    async def ask_together() -> None:
        snapshot_cache = SnapshotCache()
        answers = await asyncio.gather(*(ask(snapshot_cache) for _ in range(6)))
        assert set(answers) <= {1, 2}

    asyncio.run(ask_together())
    assert read <= 2  # twice, where a vacuum elsewhere came between


def test_who_cannot_read_leaves_it_to_the_next(database_url: str) -> None:
    async def fail() -> int:
        raise DatabaseUnavailableError

    async def answer() -> int:
        return 7

    async def ask() -> int:
        snapshot_cache = SnapshotCache()
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            with pytest.raises(DatabaseUnavailableError):
                await snapshot_cache.get(conn, "a", fail)
            return await snapshot_cache.get(conn, "a", answer)

    assert asyncio.run(ask()) == 7
