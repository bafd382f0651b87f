"""Trying again, and calling off."""

from typing import Any

import pytest
from httpx import AsyncClient

from infra.settings import Settings
from tests.support.factories import execute, statuses, submit_rows

pytestmark = pytest.mark.anyio

FAIL = (
    "UPDATE images SET status = 'failed', attempts = 2, failure_code = %s, failure_detail = 'So.'"
    " WHERE id = ANY(%s)"
)


async def post(client: AsyncClient, path: str, body: object = None) -> Any:
    answer = await client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_jobs_failed_pictures_are_queued_again(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    job, other = await submit_rows(url, "a", "b"), await submit_rows(url, "c")
    execute(url, FAIL, "truncated", [job.image_ids[0], *other.image_ids])

    answer = await post(client, f"/jobs/{job.job_id}/retry")
    assert answer["counts"]["queued"] == 2
    assert answer["counts"]["failed"] == 0
    assert [item["problem"] for item in answer["items"]] == [None, None]
    assert statuses(url, other.image_ids) == ["failed"]


async def test_who_killed_a_worker_stays_a_suspect(client: AsyncClient, settings: Settings) -> None:
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


async def test_one_picture_is_queued_again_and_a_queued_one_stays(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "a")
    execute(url, FAIL, "truncated", job.image_ids)

    for _ in range(2):
        image = await post(client, f"/images/{job.image_ids[0]}/retry")
        assert (image["status"], image["failure"]) == ("queued", None)


async def test_cancelling_calls_off_what_waits_and_retrying_takes_it_up(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "a", "b")
    execute(url, FAIL, "truncated", job.image_ids[:1])

    answer = await post(client, f"/jobs/{job.job_id}/cancel")
    assert (answer["counts"]["failed"], answer["counts"]["cancelled"]) == (1, 1)
    assert answer["status"] == "done"
    assert answer["counts"]["total"] == 2
    await post(client, f"/images/{job.image_ids[1]}/retry")
    assert statuses(url, job.image_ids) == ["failed", "queued"]


async def test_what_another_job_waits_for_goes_on(client: AsyncClient, settings: Settings) -> None:
    url = settings.require_database_url()
    first, second = await submit_rows(url, "mine", "ours"), await submit_rows(url, "ours")

    await post(client, f"/jobs/{first.job_id}/cancel")
    assert statuses(url, first.image_ids) == ["cancelled", "queued"]
    await post(client, f"/jobs/{second.job_id}/cancel")
    assert statuses(url, first.image_ids) == ["cancelled", "cancelled"]


async def test_a_cancelled_picture_that_is_sent_again_is_wanted(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "a")
    await post(client, f"/jobs/{job.job_id}/cancel")
    await submit_rows(url, "a")

    assert statuses(url, job.image_ids) == ["queued"]


@pytest.mark.parametrize("path", ["/jobs/{}/retry", "/jobs/{}/cancel", "/images/{}/retry"])
async def test_what_is_not_there_is_not_found(client: AsyncClient, path: str) -> None:
    nothing = "00000000-0000-7000-8000-000000000000"
    answer = await client.post(f"/api/v1{path.format(nothing)}")
    assert answer.status_code == 404


@pytest.mark.parametrize("body", [{}, {"status": "done"}, {"status": "failed", "ids": []}])
async def test_a_vague_retry_is_refused(client: AsyncClient, body: object) -> None:
    answer = await client.post("/api/v1/images/retry", json=body)
    assert answer.status_code == 422
