"""Reasons why images failed, with counts (P2)."""

from uuid import UUID

import pytest
from httpx2 import AsyncClient

from infra.settings import Settings
from tests.support.factories import execute, submit_rows

pytestmark = pytest.mark.anyio

FAIL = """
    UPDATE images SET status = 'failed', failure_code = %s, failure_detail = 'X.' WHERE id = %s
"""


@pytest.fixture
async def failed(settings: Settings) -> list[UUID]:
    """Ids of two truncated images, one without memory, and one that is still queued."""
    url = settings.require_database_url()
    ids = (await submit_rows(url, "a", "b", "c", "d")).image_ids
    for code, image_id in zip(("truncated", "truncated", "out_of_memory"), ids[:3], strict=True):
        execute(url, FAIL, code, image_id)
    return ids


@pytest.mark.usefixtures("failed")
async def test_failures_are_counted_by_reason(client: AsyncClient) -> None:
    """P2: 2,010 failed images had no entry point."""
    assert (await client.get("/api/v1/failures")).json() == {
        "items": [
            {"code": "truncated", "count": 2, "retryable": False},
            {"code": "out_of_memory", "count": 1, "retryable": True},
        ]
    }
    assert (await client.get("/api/v1/status")).json()["problems"] == 3


async def test_failed_images_in_trash_are_no_problem(
    client: AsyncClient, failed: list[UUID]
) -> None:
    await client.delete(f"/api/v1/images/{failed[0]}")

    assert (await client.get("/api/v1/failures")).json()["items"][0]["count"] == 1
    status = (await client.get("/api/v1/status")).json()
    assert (status["problems"], status["images"]["failed"]) == (2, 3)


@pytest.mark.usefixtures("failed")
async def test_images_of_one_reason_are_queued_again(client: AsyncClient) -> None:
    rerun = {"scope": "failed", "q": "reason:out_of_memory"}

    assert (await client.post("/api/v1/images/rerun", json=rerun)).json() == {"queued": 1}
    (rest,) = (await client.get("/api/v1/failures")).json()["items"]
    assert rest["code"] == "truncated"
