"""Work that waits is seen to wait."""

from typing import Any

import psycopg
import pytest
from httpx import AsyncClient

from infra.database.queries.workers import write_heartbeat
from infra.settings import Settings
from tests.support.factories import execute, submit_rows

pytestmark = pytest.mark.anyio

AGE = "UPDATE images SET waiting_since = now() - %s * interval '1 second'"


async def waiting(client: AsyncClient) -> Any:
    return (await client.get("/readyz")).json()["checks"]["waiting"]


async def test_work_without_a_worker_is_not_well(client: AsyncClient, settings: Settings) -> None:
    url = settings.require_database_url()
    assert await waiting(client) == {"ok": True, "detail": "queue empty"}
    await submit_rows(url, "a", "b")
    execute(url, AGE, 30)

    said = await waiting(client)
    assert not said["ok"]
    assert "waiting: 2" in said["detail"]
    assert "No worker is ready." in said["detail"]
    with psycopg.connect(url, autocommit=True) as conn:
        write_heartbeat(conn, "w", "ready", model="m")
    assert (await waiting(client))["ok"]


async def test_the_age_is_that_of_the_waiting_not_of_the_picture(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "a")
    fail = "UPDATE images SET status = 'failed', failure_code = 'x', failure_detail = 'X.'"
    execute(url, AGE, 5000)
    execute(url, fail)
    await client.post(f"/api/v1/images/{job.image_ids[0]}/retry")

    status = (await client.get("/api/v1/status")).json()
    assert status["queue"]["oldest_waiting_seconds"] < 60
