"""Purging the trash and collecting orphaned objects."""

import asyncio
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from api.background.cleanup import Cleanup
from api.images.service import delete_images
from core.errors import ObjectNotFoundError
from infra.database.pool import Database
from infra.database.queries.orphaned_objects import claim_orphan_candidate, register_objects
from infra.database.queries.purge import purge_images
from infra.database.search.compiler import Filter
from infra.settings import Settings
from infra.storage import ObjectStore, open_objects, original_key, thumbnail_key
from tests.support.factories import execute, statuses, submit_rows
from tests.support.gallery import add
from tests.support.images import jpeg

pytestmark = pytest.mark.anyio

NO_DELAY = timedelta(0)


@pytest.fixture
def objects(settings: Settings) -> ObjectStore:
    return open_objects(settings.require_objects_url())


@pytest.fixture
def cleanup(database: Database, objects: ObjectStore, settings: Settings) -> Cleanup:
    return Cleanup(database, objects, retention=settings.trash_retention)


async def upload(client: AsyncClient, *numbers: int) -> list[UUID]:
    response = await client.post(
        "/api/v1/jobs", files=[("files", (f"{n}.jpg", jpeg(n))) for n in numbers]
    )
    return [UUID(item["image_id"]) for item in response.json()["items"]]


def count_orphans(settings: Settings) -> int:
    [(count,)] = execute(settings.require_database_url(), "SELECT count(*) FROM unnamed_objects")
    assert isinstance(count, int)
    return count


def contains(objects: ObjectStore, key: str) -> bool:
    try:
        return bool(objects.get(key))
    except ObjectNotFoundError:
        return False


def original_keys(settings: Settings) -> list[str]:
    rows = execute(settings.require_database_url(), "SELECT sha256 FROM images ORDER BY id")
    return [original_key(sha256) for (sha256,) in rows if isinstance(sha256, bytes)]


async def test_purge_deletes_rows_immediately_and_objects_after_delay(
    client: AsyncClient, settings: Settings, objects: ObjectStore, cleanup: Cleanup
) -> None:
    purged, kept = await upload(client, 1, 2)
    purged_key, kept_key = original_keys(settings)
    await client.delete(f"/api/v1/images/{purged}")
    response = await client.post("/api/v1/images/purge", json={"all": True})

    assert response.json() == {"purged": 1}
    assert statuses(settings.require_database_url(), [purged, kept]) == [None, "queued"]
    await cleanup.run_once()
    assert contains(objects, purged_key)
    assert await cleanup.collect(NO_DELAY) == 1
    assert (contains(objects, purged_key), contains(objects, kept_key)) == (False, True)
    assert count_orphans(settings) == 0


async def test_job_keeps_results_of_purged_images(client: AsyncClient, settings: Settings) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "done", "waiting", "kept")
    execute(
        url,
        "UPDATE images SET status = 'done', model = 'm', classified_at = now() WHERE name = 'done'",
    )
    execute(url, "UPDATE images SET deleted_at = now() WHERE name <> 'kept'")
    await client.post("/api/v1/images/purge", json={"ids": [str(i) for i in job.image_ids]})

    response = (await client.get(f"/api/v1/jobs/{job.job_id}")).json()
    counts = response["counts"]
    assert (counts["done"], counts["cancelled"], counts["queued"]) == (1, 1, 1)
    assert counts.pop("total") == sum(counts.values()) == 3
    assert [item["image_id"] is None for item in response["items"]] == [True, True, False]


async def test_purge_is_limited_to_trash_after_retention(
    settings: Settings, database: Database
) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "kept", "fresh", "old")
    execute(url, "UPDATE images SET deleted_at = now() WHERE name = 'fresh'")
    execute(url, "UPDATE images SET deleted_at = now() - interval '31 days' WHERE name = 'old'")

    async with database.connection() as conn:
        purged = await purge_images(conn, older_than=settings.trash_retention)
    assert purged == [job.image_ids[2]]


async def test_upload_after_purge_keeps_object(
    client: AsyncClient, settings: Settings, objects: ObjectStore, cleanup: Cleanup
) -> None:
    [first] = await upload(client, 1)
    await client.delete(f"/api/v1/images/{first}")
    await client.post("/api/v1/images/purge", json={"all": True})
    await upload(client, 1)

    assert count_orphans(settings) == 0
    assert await cleanup.collect(NO_DELAY) == 0
    assert contains(objects, original_keys(settings)[0])


async def test_upload_waits_for_object_deletion_and_stores_again(
    client: AsyncClient, settings: Settings, database: Database, objects: ObjectStore
) -> None:
    """The object is being deleted while the same bytes are uploaded again."""
    [first] = await upload(client, 1)
    [key] = original_keys(settings)
    await client.delete(f"/api/v1/images/{first}")
    await client.post("/api/v1/images/purge", json={"all": True})

    async with (
        database.connection() as conn,
        claim_orphan_candidate(conn, NO_DELAY) as (sha256, is_referenced),
    ):
        assert (sha256 is not None, is_referenced) == (True, False)
        again = asyncio.create_task(upload(client, 1))
        await asyncio.sleep(0.5)
        assert not again.done()
        objects.delete(key)
    await again

    assert contains(objects, key)
    assert count_orphans(settings) == 0


async def test_objects_of_interrupted_upload_are_collected(
    settings: Settings, database: Database, objects: ObjectStore, cleanup: Cleanup
) -> None:
    sha256 = bytes(32)
    async with database.connection() as conn:
        await register_objects(conn, [sha256])
    for key in (original_key(sha256), thumbnail_key(sha256)):
        objects.put(key, BytesIO(b"data"), 4, "image/jpeg")

    assert await cleanup.collect(timedelta(hours=1)) == 0
    assert await cleanup.collect(NO_DELAY) == 1
    assert not contains(objects, original_key(sha256))
    assert not contains(objects, thumbnail_key(sha256))
    assert count_orphans(settings) == 0


async def test_images_are_deleted_in_batches(
    client: AsyncClient, settings: Settings, database: Database
) -> None:
    submitted = await submit_rows(settings.require_database_url(), *"abcde")

    batches = [batch async for batch in delete_images(database, Filter(), at_once=2)]
    deleted = [each for batch in batches for each in batch]
    assert sorted(deleted) == sorted(submitted.image_ids)
    assert (await client.get("/api/v1/images")).json()["total"] == 0


@pytest.mark.parametrize("q", ["", "   ", "score:>=0"])
async def test_search_that_matches_every_image_deletes_nothing(client: AsyncClient, q: str) -> None:
    """S16: `{"q": ""}` deleted everything."""
    image_id = await add(client, 1)
    refused = await client.post("/api/v1/images/delete", json={"q": q})

    assert refused.status_code == 422
    assert "all: true" in refused.json()["detail"]
    assert (await client.get(f"/api/v1/images/{image_id}")).json()["deleted_at"] is None
    everything = await client.post("/api/v1/images/delete", json={"all": True})
    assert everything.json()["ids"] == [image_id]


async def test_minimum_score_without_text_restricts_the_images(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    body = {"q": "", "min_score": 0.8}
    answer = await client.post("/api/v1/images/delete", json=body)

    assert answer.json()["ids"] == [gallery["dog"]]
