"""Who is taken for dead, and what is counted against whom."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import AsyncConnection, Connection

from infra.database.queries.leases import claim_images, release_images
from infra.database.queries.recovery import RecoveredImage, reclaim_expired, take_unpublished
from infra.database.queries.workers import write_heartbeat
from tests.support.factories import execute, statuses, submit_rows

pytestmark = pytest.mark.anyio

LEASE = timedelta(seconds=45)
STEADY = "UPDATE sweeper SET steady_since = now() - interval '1 minute', seen_at = now()"
SILENT = "UPDATE workers SET seen_at = now() - interval '1 minute'"
EXPIRED = "UPDATE images SET leased_until = now() - interval '1 second' WHERE status = 'running'"


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def worker(database_url: str) -> str:
    """A worker that was heard of just now."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        write_heartbeat(conn, "worker-1", "ready", model="m")
    return "worker-1"


def claim(database_url: str, ids: list[UUID], worker: str) -> UUID:
    lease = uuid4()
    with psycopg.connect(database_url, autocommit=True) as conn:
        assert isinstance(conn, Connection)
        claimed = claim_images(conn, ids, lease=lease, lease_for=LEASE, worker=worker)
    assert {image.id for image in claimed} == set(ids)
    return lease


async def sweep(conn: AsyncConnection, *, steady: bool = True) -> list[RecoveredImage]:
    if steady:
        await conn.execute(STEADY)
    return await reclaim_expired(conn, longest_lease=LEASE, limit=100)


async def test_what_a_silent_worker_held_is_taken_back_before_its_lease_ends(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "a", "b")
    claim(database_url, submitted.image_ids, worker)
    assert await sweep(conn) == []
    execute(database_url, SILENT)

    taken = await sweep(conn)
    assert {image.id for image in taken} == set(submitted.image_ids)
    assert [(image.status, image.attempts) for image in taken] == [("queued", 1)] * 2


async def test_a_picture_that_kills_alone_the_second_time_fails(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "poison")
    for _ in range(2):
        claim(database_url, submitted.image_ids, worker)
        execute(database_url, SILENT)
        await sweep(conn)
        execute(database_url, "UPDATE workers SET seen_at = now()")

    [(code, detail)] = execute(database_url, "SELECT failure_code, failure_detail FROM images")
    assert code == "crashed_worker"
    assert str(detail).endswith(".")


async def test_suspects_are_claimed_only_alone(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "a", "b")
    claim(database_url, submitted.image_ids, worker)
    execute(database_url, SILENT)
    await sweep(conn)

    with psycopg.connect(database_url, autocommit=True) as worker_conn:
        together = claim_images(
            worker_conn, submitted.image_ids, lease=uuid4(), lease_for=LEASE, worker=worker
        )
    assert together == []
    claim(database_url, submitted.image_ids[:1], worker)


async def test_a_living_worker_that_could_not_settle_is_not_counted(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    for _ in range(5):
        claim(database_url, submitted.image_ids, worker)
        execute(database_url, EXPIRED)
        [image] = await sweep(conn)
        assert (image.status, image.attempts) == ("queued", 0)


@pytest.mark.parametrize(
    "pause",
    [
        "UPDATE sweeper SET seen_at = now() - interval '1 minute'",
        "UPDATE sweeper SET seen_at = now() + interval '1 hour'",
    ],
    ids=["after Postgres was away", "after its clock was put back"],
)
async def test_nobody_is_called_dead_when_everybody_was_silent(
    conn: AsyncConnection, database_url: str, worker: str, pause: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    claim(database_url, submitted.image_ids, worker)
    await conn.execute(STEADY)
    for fault in (SILENT, EXPIRED, pause):
        execute(database_url, fault)

    assert await sweep(conn, steady=False) == []
    assert statuses(database_url, submitted.image_ids) == ["running"]
    execute(database_url, "UPDATE workers SET seen_at = now()")
    [image] = await sweep(conn)
    assert (image.status, image.attempts) == ("queued", 0)


async def test_a_lease_dated_by_a_wrong_clock_does_not_hold_for_hours(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    claim(database_url, submitted.image_ids, worker)
    execute(database_url, "UPDATE images SET leased_until = now() + interval '1 hour'")

    assert [image.id for image in await sweep(conn)] == submitted.image_ids


async def test_unheard_pictures_are_called_with_growing_pauses(
    conn: AsyncConnection, database_url: str
) -> None:
    await submit_rows(database_url, "a")
    calls = 0
    for _ in range(120):  # two minutes, a second at a time
        execute(database_url, "UPDATE images SET announced_at = announced_at - interval '1 second'")
        calls += len(await take_unpublished(conn, "interactive", limit=10))
    assert calls == 3  # after 10, 30 and 70 seconds


async def test_an_announcement_from_the_future_is_none(
    conn: AsyncConnection, database_url: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    execute(database_url, "UPDATE images SET announced_at = now() + interval '1 hour'")

    unheard = await take_unpublished(conn, "interactive", limit=10)
    assert [image.id for image in unheard] == submitted.image_ids


async def test_what_is_handed_back_is_called_again_after_its_delay(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "now", "later")
    for image_id, delay in zip(submitted.image_ids, (0, 60), strict=True):
        lease = claim(database_url, [image_id], worker)
        with psycopg.connect(database_url, autocommit=True) as worker_conn:
            release_images(worker_conn, [image_id], lease=lease, delay=timedelta(seconds=delay))

    unheard = await take_unpublished(conn, "interactive", limit=10)
    assert [(image.id, image.attempts) for image in unheard] == [(submitted.image_ids[0], 0)]
