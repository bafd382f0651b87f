"""Idempotency keys of submissions."""

import asyncio

import pytest
from httpx2 import AsyncClient, Response

from infra.settings import Settings
from tests.support.factories import execute
from tests.support.images import jpeg

pytestmark = pytest.mark.anyio

JOBS = "/api/v1/jobs"


async def send(client: AsyncClient, key: str, *files: tuple[str, bytes]) -> Response:
    return await client.post(
        JOBS, files=[("files", file) for file in files], headers={"Idempotency-Key": key}
    )


def count_jobs(settings: Settings) -> int:
    [(count,)] = execute(settings.require_database_url(), "SELECT count(*) FROM jobs")
    assert isinstance(count, int)
    return count


async def test_repeated_submission_returns_same_job(
    client: AsyncClient, settings: Settings
) -> None:
    files = [("a.jpg", jpeg(1)), ("no.jpg", b"not an image")]
    first, again = await send(client, "k", *files), await send(client, "k", *files)

    assert again.status_code == 202
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["items"] == first.json()["items"]
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["retry-after"] == "1"
    assert count_jobs(settings) == 1


@pytest.mark.parametrize(
    "files",
    [
        [("a.jpg", jpeg(2))],
        [("b.jpg", jpeg(1))],
        [("a.jpg", jpeg(1)), ("b.jpg", jpeg(2))],
    ],
    ids=["other content", "other name", "one more"],
)
async def test_key_with_other_files_is_refused(
    client: AsyncClient, settings: Settings, files: list[tuple[str, bytes]]
) -> None:
    await send(client, "k", ("a.jpg", jpeg(1)))
    answer = await send(client, "k", *files)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/idempotency-key-reused"
    assert count_jobs(settings) == 1


async def test_concurrent_submissions_create_one_job(
    client: AsyncClient, settings: Settings
) -> None:
    answers = await asyncio.gather(*(send(client, "k", ("a.jpg", jpeg(1))) for _ in range(12)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert {answer.json()["items"][0]["outcome"] for answer in answers} == {"accepted"}
    assert count_jobs(settings) == 1


async def test_key_expires_after_24_hours(client: AsyncClient, settings: Settings) -> None:
    first = await send(client, "k", ("a.jpg", jpeg(1)))
    execute(
        settings.require_database_url(),
        "UPDATE idempotency_keys SET created_at = now() - interval '25 hours'",
    )
    other = await send(client, "k", ("b.jpg", jpeg(2)))
    again = await send(client, "k", ("b.jpg", jpeg(2)))

    assert other.status_code == 202
    assert other.json()["id"] == again.json()["id"] != first.json()["id"]


async def test_request_without_key_creates_new_job(client: AsyncClient, settings: Settings) -> None:
    for _ in range(2):
        await client.post(JOBS, files={"files": ("a.jpg", jpeg(1))})

    assert count_jobs(settings) == 2


async def test_repeated_addition_adds_files_once(client: AsyncClient) -> None:
    """Finding C1: a repeated `POST /jobs/{id}/images` listed its files twice."""
    job = (await send(client, "k", ("a.jpg", jpeg(1)))).json()
    more = [("b.jpg", jpeg(2)), ("b again.jpg", jpeg(2)), ("no.jpg", b"not an image")]

    async def add(*files: tuple[str, bytes], job_id: str = job["id"]) -> Response:
        return await client.post(
            f"{JOBS}/{job_id}/images",
            files=[("files", file) for file in files],
            headers={"Idempotency-Key": "more"},
        )

    answers = await asyncio.gather(*(add(*more) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert [answer.json()["items"] for answer in answers] == [answers[0].json()["items"]] * 6
    assert [item["name"] for item in answers[0].json()["items"]] == [name for name, _ in more]
    assert (await client.get(f"{JOBS}/{job['id']}")).json()["counts"]["total"] == 4

    assert (await add(("c.jpg", jpeg(3)))).json()["type"] == "/problems/idempotency-key-reused"
    other = (await send(client, "other", ("d.jpg", jpeg(4)))).json()
    assert (await add(*more, job_id=other["id"])).status_code == 422


async def test_weak_etag_is_matched(client: AsyncClient) -> None:
    job = (await send(client, "k", ("a.jpg", jpeg(1)))).json()
    path = f"{JOBS}/{job['id']}"
    tag = (await client.get(path)).headers["etag"]

    for value in (tag, f"W/{tag}", f'"other", W/{tag}'):
        answer = await client.get(path, headers={"If-None-Match": value})
        assert answer.status_code == 304, value
    assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200
