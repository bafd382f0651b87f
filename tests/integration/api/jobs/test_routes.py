"""Submitting files and reading the job."""

import asyncio
import time
from typing import Any

import psycopg
import pytest
from httpx2 import AsyncClient

from infra.settings import Settings
from infra.storage import open_objects
from tests.support.images import jpeg

pytestmark = pytest.mark.anyio

JOBS = "/api/v1/jobs"


async def submit(client: AsyncClient, *files: tuple[str, bytes], path: str = JOBS) -> Any:
    response = await client.post(path, files=[("files", file) for file in files])
    assert response.status_code == 202, response.text
    return response.json()


def outcomes(job: Any) -> list[tuple[str, str]]:
    return [(item["name"], item["outcome"]) for item in job["items"]]


async def test_job_has_one_item_per_file_in_order(client: AsyncClient) -> None:
    response = await client.post(
        JOBS,
        files=[
            ("files", ("a.jpg", jpeg(1))),
            ("files", ("text.jpg", b"not an image")),
            ("files", ("b.jpg", jpeg(2))),
            ("files", ("a again.jpg", jpeg(1))),
            ("files", ("empty.jpg", b"")),
        ],
    )
    job = response.json()

    assert response.status_code == 202
    assert response.headers["location"] == f"{JOBS}/{job['id']}"
    assert outcomes(job) == [
        ("a.jpg", "accepted"),
        ("text.jpg", "rejected"),
        ("b.jpg", "accepted"),
        ("a again.jpg", "duplicate"),
        ("empty.jpg", "rejected"),
    ]
    assert [item["position"] for item in job["items"]] == [0, 1, 2, 3, 4]
    assert job["items"][3]["image_id"] == job["items"][0]["image_id"]
    assert [item["problem"] and item["problem"]["code"] for item in job["items"]] == [
        None,
        "unsupported_type",
        None,
        None,
        "empty",
    ]
    assert job["counts"] == {
        "total": 5,
        "queued": 2,
        "running": 0,
        "done": 0,
        "failed": 0,
        "duplicate": 1,
        "rejected": 2,
        "cancelled": 0,
    }


async def test_accepted_file_is_stored(client: AsyncClient, settings: Settings) -> None:
    job = await submit(client, ("a.jpg", jpeg(1)))
    original = await client.get(f"/api/v1/images/{job['items'][0]['image_id']}/original")

    assert original.content == jpeg(1)
    assert original.headers["content-type"] == "image/jpeg"
    open_objects(settings.require_objects_url()).check()


async def test_known_image_is_duplicate_and_job_is_done(client: AsyncClient) -> None:
    first = await submit(client, ("a.jpg", jpeg(1)))
    second = await submit(client, ("copy.jpg", jpeg(1)))

    assert outcomes(second) == [("copy.jpg", "duplicate")]
    assert second["items"][0]["image_id"] == first["items"][0]["image_id"]
    assert second["status"] == "done"


async def test_concurrent_uploads_of_same_image_create_one_image(
    client: AsyncClient, settings: Settings
) -> None:
    jobs = await asyncio.gather(*(submit(client, ("a.jpg", jpeg(1))) for _ in range(12)))

    assert sorted(job["items"][0]["outcome"] for job in jobs) == ["accepted"] + ["duplicate"] * 11
    assert len({job["items"][0]["image_id"] for job in jobs}) == 1
    with psycopg.connect(settings.require_database_url()) as conn:
        assert conn.execute("SELECT count(*) FROM images").fetchone() == (1,)


async def test_images_are_added_to_existing_job(client: AsyncClient) -> None:
    job = await submit(client, ("a.jpg", jpeg(1)))
    path = f"{JOBS}/{job['id']}/images"
    added = await asyncio.gather(
        *(submit(client, (f"{seed}.jpg", jpeg(seed)), path=path) for seed in range(2, 10))
    )
    whole = (await client.get(f"{JOBS}/{job['id']}")).json()

    assert sorted(item["position"] for each in added for item in each["items"]) == list(range(1, 9))
    assert [item["position"] for item in whole["items"]] == list(range(9))
    assert whole["counts"]["total"] == whole["counts"]["queued"] == 9


async def test_adding_to_unknown_job_returns_404_and_stores_nothing(client: AsyncClient) -> None:
    response = await client.post(
        f"{JOBS}/00000000-0000-7000-8000-000000000000/images", files={"files": ("a.jpg", jpeg(1))}
    )

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert (await client.get("/api/v1/images")).json()["total"] == 0


async def test_uploading_image_in_trash_restores_it(
    client: AsyncClient,
) -> None:
    job = await submit(client, ("a.jpg", jpeg(1)))
    image_id = job["items"][0]["image_id"]
    await client.delete(f"/api/v1/images/{image_id}")
    again = await submit(client, ("renamed.jpg", jpeg(1)))
    image = (await client.get(f"/api/v1/images/{image_id}")).json()

    assert outcomes(again) == [("renamed.jpg", "accepted")]
    assert (image["name"], image["deleted_at"]) == ("renamed.jpg", None)


@pytest.mark.parametrize(
    ("request_", "status", "text"),
    [
        ({"files": [("image", ("a.jpg", b"x"))]}, 422, "named `files`"),
        ({"data": {"files": "text"}}, 422, "multipart/form-data"),
        ({"json": {}}, 422, "multipart/form-data"),
        ({}, 422, "multipart/form-data"),
    ],
    ids=["another field", "a plain form", "JSON", "nothing"],
)
async def test_request_without_files_returns_problem(
    client: AsyncClient, request_: dict[str, Any], status: int, text: str
) -> None:
    response = await client.post(JOBS, **request_)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/invalid-request"
    assert text in response.json()["detail"]


@pytest.mark.parametrize(
    "name", ['猫 <b>"quoted"</b>.jpg', "x" * 300 + ".jpg", "two\nlines.jpg", "a\\b/c.jpg"]
)
async def test_file_name_is_stored_and_served_safely(client: AsyncClient, name: str) -> None:
    job = await submit(client, (name, jpeg(1)))
    item = job["items"][0]
    original = await client.get(f"/api/v1/images/{item['image_id']}/original")

    assert len(item["name"].encode()) <= 255
    assert "\n" not in item["name"]
    assert original.headers["content-disposition"].isascii()
    assert original.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in original.headers["content-security-policy"]


async def test_long_poll_without_change_ends_after_wait(client: AsyncClient) -> None:
    job = await submit(client, ("a.jpg", jpeg(1)))
    started = time.monotonic()
    response = await client.get(f"{JOBS}/{job['id']}", params={"wait": 0.5})

    assert response.status_code == 200
    assert 0.4 < time.monotonic() - started < 5


async def test_unchanged_job_returns_304(client: AsyncClient) -> None:
    job = await submit(client, ("a.jpg", jpeg(1)))
    first = await client.get(f"{JOBS}/{job['id']}")
    again = await client.get(
        f"{JOBS}/{job['id']}", headers={"If-None-Match": first.headers["etag"]}
    )

    assert (again.status_code, again.content) == (304, b"")


async def test_long_poll_ends_when_job_changes(client: AsyncClient) -> None:
    job = await submit(client, ("a.jpg", jpeg(1)))
    path = f"{JOBS}/{job['id']}"
    waiting = asyncio.create_task(client.get(path, params={"wait": 20}))
    await asyncio.sleep(0.3)
    await submit(client, ("b.jpg", jpeg(2)), path=f"{path}/images")

    response = await asyncio.wait_for(waiting, timeout=10)
    assert response.json()["counts"]["total"] == 2


async def test_items_can_be_omitted(client: AsyncClient) -> None:
    job = await submit(client, ("a.jpg", jpeg(1)))
    response = await client.get(f"{JOBS}/{job['id']}", params={"items": "none"})

    assert response.json()["items"] == []
    assert response.json()["counts"]["total"] == 1


async def test_earliest_changed_since_returns_all_items(client: AsyncClient) -> None:
    job = await submit(client, ("a.jpg", jpeg(1)))
    response = await client.get(
        f"{JOBS}/{job['id']}", params={"changed_since": "0001-01-01T00:00:00Z"}
    )

    assert len(response.json()["items"]) == 1


async def test_changed_since_returns_added_and_purged_items(
    client: AsyncClient, settings: Settings
) -> None:
    job = await submit(client, ("a.jpg", jpeg(1)), ("b.jpg", jpeg(2)))
    with psycopg.connect(settings.require_database_url()) as conn:
        for table in ("images", "job_items"):
            conn.execute(f"UPDATE {table} SET changed_at = now() - interval '1 hour'".encode())

    await submit(client, ("no.jpg", b"not an image"), path=f"{JOBS}/{job['id']}/images")
    first = {"ids": [job["items"][0]["image_id"]]}
    assert (await client.post("/api/v1/images/delete", json=first)).json()["deleted"] == 1
    assert (await client.post("/api/v1/images/purge", json=first)).json() == {"purged": 1}
    response = await client.get(f"{JOBS}/{job['id']}", params={"changed_since": job["cursor"]})
    assert outcomes(response.json()) == [("a.jpg", "accepted"), ("no.jpg", "rejected")]


async def test_jobs_are_listed_newest_first_in_pages(client: AsyncClient) -> None:
    created = [(await submit(client, (f"{seed}.jpg", jpeg(seed))))["id"] for seed in range(5)]
    listed, cursor = [], None
    while True:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(JOBS, params=parameters)).json()
        listed += [job["id"] for job in page["items"]]
        assert page["total"] == 5
        cursor = page["next"]
        if cursor is None:
            break

    assert listed == created[::-1]
