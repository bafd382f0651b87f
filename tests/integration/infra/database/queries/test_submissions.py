"""Images that are submitted again."""

from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection

from core.ids import new_id
from core.types import BULK_FROM
from infra.database.queries.recovery import take_unpublished
from infra.database.queries.submissions import NewJob, create_jobs
from infra.database.queries.transitions import cancel_job
from tests.support.factories import execute, image_file, submit_rows

pytestmark = pytest.mark.anyio

STATE_OF_A = "SELECT status, lane, attempts FROM images WHERE name = 'a'"
CRASHED = (
    "UPDATE images SET status = 'failed', attempts = 2,"
    " failure_code = 'crashed_worker', failure_detail = 'The worker crashed.'"
)


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        yield conn


async def test_cancelled_bulk_image_submitted_alone_uses_the_interactive_lane(
    conn: AsyncConnection, database_url: str
) -> None:
    bulk = await submit_rows(database_url, "a", *map(str, range(BULK_FROM)))
    assert execute(database_url, STATE_OF_A) == [("queued", "bulk", 0)]
    await cancel_job(conn, bulk.job_id)

    await submit_rows(database_url, "a")
    assert execute(database_url, STATE_OF_A) == [("queued", "interactive", 0)]


async def test_duplicate_submissions_do_not_delay_publishing(
    conn: AsyncConnection, database_url: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    published = 0
    for _ in range(30):  # 30 s in which no worker claims the image
        execute(database_url, "UPDATE images SET announced_at = announced_at - interval '1 second'")
        await submit_rows(database_url, "a")
        published += len(await take_unpublished(conn, "interactive", limit=10))

    assert published == 2  # after 10 and 30 seconds
    assert len(submitted.image_ids) == 1


async def test_quarantined_image_is_a_suspect_when_submitted_again(database_url: str) -> None:
    await submit_rows(database_url, "a")
    execute(database_url, CRASHED)

    await submit_rows(database_url, "a")
    assert execute(database_url, STATE_OF_A) == [("queued", "interactive", 1)]


async def test_jobs_recorded_together_share_a_new_image_and_keep_their_order(
    conn: AsyncConnection, database_url: str
) -> None:
    first = NewJob(
        id=new_id(), files=[image_file("a"), image_file("b")], webhook="https://example.com/1"
    )
    second = NewJob(id=new_id(), files=[image_file("c"), image_file("a")])

    items = await create_jobs(conn, [second, first])
    outcomes = [[(each.position, each.outcome) for each in job] for job in items]
    assert outcomes == [[(0, "accepted"), (1, "accepted")], [(0, "duplicate"), (1, "accepted")]]
    assert items[0][1].image_id == items[1][0].image_id
    assert execute(database_url, "SELECT job_id, url FROM webhooks") == [
        (first.id, "https://example.com/1")
    ]
    assert execute(database_url, "SELECT item_count FROM jobs") == [(2,), (2,)]
