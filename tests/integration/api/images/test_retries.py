"""Retrying and cancelling."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from infra.settings import Settings
from tests.support.factories import execute, statuses, submit_rows

pytestmark = pytest.mark.anyio

FAIL = (
    "UPDATE images SET status = 'failed', attempts = 2, failure_code = %s, failure_detail = 'X.'"
    " WHERE id = ANY(%s)"
)


async def post(client: AsyncClient, path: str, body: object = None) -> Any:
    response = await client.post(f"/api/v1{path}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def test_retry_job_queues_its_failed_images(client: AsyncClient, settings: Settings) -> None:
    url = settings.require_database_url()
    job, other = await submit_rows(url, "a", "b"), await submit_rows(url, "c")
    execute(url, FAIL, "truncated", [job.image_ids[0], *other.image_ids])

    response = await post(client, f"/jobs/{job.job_id}/retry")
    assert response["counts"]["queued"] == 2
    assert response["counts"]["failed"] == 0
    assert [item["problem"] for item in response["items"]] == [None, None]
    assert statuses(url, other.image_ids) == ["failed"]


async def test_image_that_crashed_worker_stays_suspect_after_retry(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "poison", "cut")
    execute(url, FAIL, "crashed_worker", job.image_ids[:1])
    execute(url, FAIL, "truncated", job.image_ids[1:])

    retried = await post(client, "/images/retry", {"status": "failed"})
    assert retried["retried"] == 2
    assert set(retried["ids"]) == {str(each) for each in job.image_ids}
    assert execute(url, "SELECT name, attempts FROM images ORDER BY name") == [
        ("cut", 0),
        ("poison", 1),
    ]


async def test_retry_image_queues_it_and_is_idempotent(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "a")
    execute(url, FAIL, "truncated", job.image_ids)

    for _ in range(2):
        image = await post(client, f"/images/{job.image_ids[0]}/retry")
        assert (image["status"], image["failure"]) == ("queued", None)


async def test_cancelled_image_is_queued_by_retry(client: AsyncClient, settings: Settings) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "a", "b")
    execute(url, FAIL, "truncated", job.image_ids[:1])

    response = await post(client, f"/jobs/{job.job_id}/cancel")
    assert (response["counts"]["failed"], response["counts"]["cancelled"]) == (1, 1)
    assert response["status"] == "done"
    assert response["counts"]["total"] == 2
    await post(client, f"/images/{job.image_ids[1]}/retry")
    assert statuses(url, job.image_ids) == ["failed", "queued"]


async def test_image_of_another_active_job_is_not_cancelled(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    first, second = await submit_rows(url, "own", "shared"), await submit_rows(url, "shared")

    await post(client, f"/jobs/{first.job_id}/cancel")
    assert statuses(url, first.image_ids) == ["cancelled", "queued"]
    await post(client, f"/jobs/{second.job_id}/cancel")
    assert statuses(url, first.image_ids) == ["cancelled", "cancelled"]


async def test_uploading_cancelled_image_queues_it(client: AsyncClient, settings: Settings) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "a")
    await post(client, f"/jobs/{job.job_id}/cancel")
    await submit_rows(url, "a")

    assert statuses(url, job.image_ids) == ["queued"]


@pytest.mark.parametrize("path", ["/jobs/{}/retry", "/jobs/{}/cancel", "/images/{}/retry"])
async def test_unknown_id_returns_404(client: AsyncClient, path: str) -> None:
    unknown = "00000000-0000-7000-8000-000000000000"
    response = await client.post(f"/api/v1{path.format(unknown)}")
    assert response.status_code == 404


@pytest.mark.parametrize("body", [{}, {"status": "done"}, {"status": "failed", "ids": []}])
async def test_retry_without_exactly_one_criterion_returns_422(
    client: AsyncClient, body: object
) -> None:
    response = await client.post("/api/v1/images/retry", json=body)
    assert response.status_code == 422
