"""What becomes of a picture that is sent again."""

from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection

from infra.database.queries.recovery import take_unpublished
from infra.database.queries.requeue import cancel_job
from infra.database.queries.submissions import BULK_FROM
from tests.support.factories import execute, submit_rows

pytestmark = pytest.mark.anyio

OF_A = "SELECT status, lane, attempts FROM images WHERE name = 'a'"
CRASHED = (
    "UPDATE images SET status = 'failed', attempts = 2,"
    " failure_code = 'crashed_worker', failure_detail = 'So.'"
)


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        yield conn


async def test_alone_it_overtakes_the_bulk_it_was_called_off_with(
    conn: AsyncConnection, database_url: str
) -> None:
    bulk = await submit_rows(database_url, "a", *map(str, range(BULK_FROM)))
    assert execute(database_url, OF_A) == [("queued", "bulk", 0)]
    await cancel_job(conn, bulk.job_id)

    await submit_rows(database_url, "a")
    assert execute(database_url, OF_A) == [("queued", "interactive", 0)]


async def test_however_often_it_is_sent_the_sweeper_calls_it_when_it_is_due(
    conn: AsyncConnection, database_url: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    called = 0
    for _ in range(30):  # half a minute in which no worker hears of it
        execute(database_url, "UPDATE images SET announced_at = announced_at - interval '1 second'")
        await submit_rows(database_url, "a")
        called += len(await take_unpublished(conn, "interactive", limit=10))

    assert called == 2  # after 10 and 30 seconds
    assert len(submitted.image_ids) == 1


async def test_what_killed_its_worker_stays_a_suspect(database_url: str) -> None:
    await submit_rows(database_url, "a")
    execute(database_url, CRASHED)

    await submit_rows(database_url, "a")
    assert execute(database_url, OF_A) == [("queued", "interactive", 1)]
