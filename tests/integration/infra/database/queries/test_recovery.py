"""Reclaiming images of dead workers, counting crashes, and publishing lost messages again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import AsyncConnection, Connection

from infra.database.queries.recovery import take_unpublished
from infra.database.queries.transitions import (
    RecoveredImage,
    claim_images,
    reclaim_expired,
    release_images,
)
from infra.database.queries.workers import write_heartbeat
from tests.support.factories import execute, statuses, submit_rows

pytestmark = pytest.mark.anyio

LEASE = timedelta(seconds=45)
MAKE_SWEEPER_STEADY = (
    "UPDATE sweeper SET steady_since = now() - interval '1 minute', seen_at = now()"
)
STOP_HEARTBEATS = "UPDATE workers SET seen_at = now() - interval '1 minute'"
RESUME_HEARTBEATS = "UPDATE workers SET seen_at = now()"
EXPIRE_LEASES = (
    "UPDATE images SET leased_until = now() - interval '1 second' WHERE status = 'running'"
)


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def worker(database_url: str) -> str:
    """A worker with a recent heartbeat."""
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
        await conn.execute(MAKE_SWEEPER_STEADY.encode())
    return await reclaim_expired(conn, longest_lease=LEASE, limit=100)


async def test_images_of_a_dead_worker_are_reclaimed_before_their_lease_expires(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "a", "b")
    claim(database_url, submitted.image_ids, worker)
    assert await sweep(conn) == []
    execute(database_url, STOP_HEARTBEATS)

    reclaimed = await sweep(conn)
    assert {image.id for image in reclaimed} == set(submitted.image_ids)
    assert [(image.status, image.attempts) for image in reclaimed] == [("queued", 1)] * 2


async def test_image_that_crashes_its_worker_twice_is_quarantined(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    for _ in range(2):
        claim(database_url, submitted.image_ids, worker)
        execute(database_url, STOP_HEARTBEATS)
        await sweep(conn)
        execute(database_url, RESUME_HEARTBEATS)

    [(code, detail)] = execute(database_url, "SELECT failure_code, failure_detail FROM images")
    assert code == "crashed_worker"
    assert str(detail).endswith(".")


async def test_suspects_are_claimed_alone(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "a", "b")
    claim(database_url, submitted.image_ids, worker)
    execute(database_url, STOP_HEARTBEATS)
    await sweep(conn)

    with psycopg.connect(database_url, autocommit=True) as worker_conn:
        together = claim_images(
            worker_conn, submitted.image_ids, lease=uuid4(), lease_for=LEASE, worker=worker
        )
    assert together == []
    claim(database_url, submitted.image_ids[:1], worker)


async def test_expired_lease_of_a_live_worker_counts_no_crash(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    for _ in range(5):
        claim(database_url, submitted.image_ids, worker)
        execute(database_url, EXPIRE_LEASES)
        [image] = await sweep(conn)
        assert (image.status, image.attempts) == ("queued", 0)


@pytest.mark.parametrize(
    "pause",
    [
        "UPDATE sweeper SET seen_at = now() - interval '1 minute'",
        "UPDATE sweeper SET seen_at = now() + interval '1 hour'",
    ],
    ids=["after an outage of Postgres", "after its clock was set back"],
)
async def test_no_worker_is_declared_dead_after_a_pause_of_the_sweeper(
    conn: AsyncConnection, database_url: str, worker: str, pause: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    claim(database_url, submitted.image_ids, worker)
    for statement in (MAKE_SWEEPER_STEADY, STOP_HEARTBEATS, EXPIRE_LEASES, pause):
        execute(database_url, statement)

    assert await sweep(conn, steady=False) == []
    assert statuses(database_url, submitted.image_ids) == ["running"]
    execute(database_url, RESUME_HEARTBEATS)
    [image] = await sweep(conn)
    assert (image.status, image.attempts) == ("queued", 0)


async def test_lease_dated_by_a_wrong_clock_is_reclaimed(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    claim(database_url, submitted.image_ids, worker)
    execute(database_url, "UPDATE images SET leased_until = now() + interval '1 hour'")

    assert [image.id for image in await sweep(conn)] == submitted.image_ids


async def test_unclaimed_image_is_published_again_with_backoff(
    conn: AsyncConnection, database_url: str
) -> None:
    await submit_rows(database_url, "a")
    published = 0
    for _ in range(120):  # two minutes in steps of a second
        execute(database_url, "UPDATE images SET announced_at = announced_at - interval '1 second'")
        published += len(await take_unpublished(conn, "interactive", limit=10))
    assert published == 3  # after 10, 30 and 70 seconds


async def test_publishing_time_in_the_future_is_ignored(
    conn: AsyncConnection, database_url: str
) -> None:
    submitted = await submit_rows(database_url, "a")
    execute(database_url, "UPDATE images SET announced_at = now() + interval '1 hour'")

    unpublished = await take_unpublished(conn, "interactive", limit=10)
    assert [image.id for image in unpublished] == submitted.image_ids


async def test_released_image_is_published_after_its_delay(
    conn: AsyncConnection, database_url: str, worker: str
) -> None:
    submitted = await submit_rows(database_url, "now", "later")
    for image_id, delay in zip(submitted.image_ids, (0, 60), strict=True):
        lease = claim(database_url, [image_id], worker)
        with psycopg.connect(database_url, autocommit=True) as worker_conn:
            release_images(worker_conn, [image_id], lease=lease, delay=timedelta(seconds=delay))

    unpublished = await take_unpublished(conn, "interactive", limit=10)
    assert [(image.id, image.attempts) for image in unpublished] == [(submitted.image_ids[0], 0)]
