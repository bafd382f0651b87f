"""The trash: what leaves it for ever, and which objects go with it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from httpx import AsyncClient

from api.background.cleanup import Cleanup
from core.errors import ObjectNotFoundError
from infra.database.pool import Database, open_database
from infra.database.queries.orphaned_objects import claim_orphan_candidate, register_objects
from infra.database.queries.purge import purge_images
from infra.settings import Settings
from infra.storage import ObjectStore, open_objects, original_key, thumbnail_key
from tests.support.factories import execute, statuses, submit_rows
from tests.support.images import jpeg

pytestmark = pytest.mark.anyio

AT_ONCE = timedelta(0)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    async with open_database(settings.require_database_url(), name="test") as database:
        yield database


@pytest.fixture
def objects(settings: Settings) -> ObjectStore:
    return open_objects(settings.require_objects_url())


@pytest.fixture
def cleanup(database: Database, objects: ObjectStore, settings: Settings) -> Cleanup:
    return Cleanup(database, objects, retention=settings.trash_retention)


async def upload(client: AsyncClient, *numbers: int) -> list[UUID]:
    answer = await client.post(
        "/api/v1/jobs", files=[("files", (f"{n}.jpg", jpeg(n))) for n in numbers]
    )
    return [UUID(item["image_id"]) for item in answer.json()["items"]]


def unnamed(settings: Settings) -> int:
    [(count,)] = execute(settings.require_database_url(), "SELECT count(*) FROM unnamed_objects")
    assert isinstance(count, int)
    return count


def has(objects: ObjectStore, key: str) -> bool:
    try:
        return bool(objects.get(key))
    except ObjectNotFoundError:
        return False


def keys(settings: Settings) -> list[str]:
    rows = execute(settings.require_database_url(), "SELECT sha256 FROM images ORDER BY id")
    return [original_key(sha256) for (sha256,) in rows if isinstance(sha256, bytes)]


async def test_purging_removes_rows_first_and_objects_after_the_delay(
    client: AsyncClient, settings: Settings, objects: ObjectStore, cleanup: Cleanup
) -> None:
    gone, kept = await upload(client, 1, 2)
    gone_key, kept_key = keys(settings)
    await client.delete(f"/api/v1/images/{gone}")
    answer = await client.post("/api/v1/images/purge", json={"all": True})

    assert answer.json() == {"purged": 1}
    assert statuses(settings.require_database_url(), [gone, kept]) == [None, "queued"]
    await cleanup.run_once()
    assert has(objects, gone_key)
    assert await cleanup.collect(AT_ONCE) == 1
    assert (has(objects, gone_key), has(objects, kept_key)) == (False, True)
    assert unnamed(settings) == 0


async def test_receipts_keep_what_became_of_purged_pictures(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "done", "waiting", "kept")
    execute(
        url,
        "UPDATE images SET status = 'done', model = 'm', classified_at = now() WHERE name = 'done'",
    )
    execute(url, "UPDATE images SET deleted_at = now() WHERE name <> 'kept'")
    await client.post("/api/v1/images/purge", json={"ids": [str(i) for i in job.image_ids]})

    answer = (await client.get(f"/api/v1/jobs/{job.job_id}")).json()
    counts = answer["counts"]
    assert (counts["done"], counts["cancelled"], counts["queued"]) == (1, 1, 1)
    assert counts.pop("total") == sum(counts.values()) == 3
    assert [item["image_id"] is None for item in answer["items"]] == [True, True, False]


async def test_only_the_trash_is_purged_and_only_after_its_retention(
    settings: Settings, database: Database
) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "kept", "fresh", "old")
    execute(url, "UPDATE images SET deleted_at = now() WHERE name = 'fresh'")
    execute(url, "UPDATE images SET deleted_at = now() - interval '31 days' WHERE name = 'old'")

    async with database.connection() as conn:
        purged = await purge_images(conn, older_than=settings.trash_retention)
    assert purged == [job.image_ids[2]]


async def test_an_upload_of_what_is_being_purged_keeps_its_object(
    client: AsyncClient, settings: Settings, objects: ObjectStore, cleanup: Cleanup
) -> None:
    [first] = await upload(client, 1)
    await client.delete(f"/api/v1/images/{first}")
    await client.post("/api/v1/images/purge", json={"all": True})
    await upload(client, 1)

    assert unnamed(settings) == 0
    assert await cleanup.collect(AT_ONCE) == 0
    assert has(objects, keys(settings)[0])


async def test_an_upload_waits_for_the_removal_and_stores_anew(
    client: AsyncClient, settings: Settings, database: Database, objects: ObjectStore
) -> None:
    """The one dangerous moment: the object is being removed while its bytes come in again."""
    [first] = await upload(client, 1)
    [key] = keys(settings)
    await client.delete(f"/api/v1/images/{first}")
    await client.post("/api/v1/images/purge", json={"all": True})

    async with (
        database.connection() as conn,
        claim_orphan_candidate(conn, AT_ONCE) as (sha256, named),
    ):
        assert (sha256 is not None, named) == (True, False)
        again = asyncio.create_task(upload(client, 1))
        await asyncio.sleep(0.5)
        assert not again.done()
        objects.delete(key)
    await again

    assert has(objects, key)
    assert unnamed(settings) == 0


async def test_an_upload_that_died_halfway_leaves_nothing_behind(
    settings: Settings, database: Database, objects: ObjectStore, cleanup: Cleanup
) -> None:
    sha256 = bytes(32)
    async with database.connection() as conn:
        await register_objects(conn, [sha256])
    for key in (original_key(sha256), thumbnail_key(sha256)):
        objects.put(key, BytesIO(b"data"), 4, "image/jpeg")

    assert await cleanup.collect(timedelta(hours=1)) == 0
    assert await cleanup.collect(AT_ONCE) == 1
    assert not has(objects, original_key(sha256))
    assert not has(objects, thumbnail_key(sha256))
    assert unnamed(settings) == 0


async def test_many_are_put_there_a_part_at_a_time(
    client: AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = await submit_rows(settings.require_database_url(), *"abcde")
    monkeypatch.setattr("infra.database.queries.images.AT_ONCE", 2)

    deleted = (await client.post("/api/v1/images/delete", json={"all": True})).json()
    assert deleted["deleted"] == 5
    assert set(deleted["ids"]) == {str(each) for each in submitted.image_ids}
    assert (await client.get("/api/v1/images")).json()["total"] == 0
