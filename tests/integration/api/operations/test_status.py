"""Limits, status and readiness; both report the age of queued images."""

from typing import Any

import psycopg
import pytest
from httpx2 import AsyncClient

from infra.database.queries.workers import write_heartbeat
from infra.settings import Settings
from tests.support.factories import execute, submit_rows

pytestmark = pytest.mark.anyio

AGE = "UPDATE images SET waiting_since = now() - %s * interval '1 second'"


async def waiting_check(client: AsyncClient) -> Any:
    return (await client.get("/readyz")).json()["checks"]["waiting"]


async def test_readiness_check_fails_if_images_wait_and_no_worker_is_ready(
    client: AsyncClient, settings: Settings
) -> None:
    url = settings.require_database_url()
    assert await waiting_check(client) == {"ok": True, "detail": "queue empty"}
    await submit_rows(url, "a", "b")
    execute(url, AGE, 30)

    check = await waiting_check(client)
    assert not check["ok"]
    assert "waiting: 2" in check["detail"]
    assert "No worker is ready." in check["detail"]
    with psycopg.connect(url, autocommit=True) as conn:
        write_heartbeat(conn, "w", "ready", model="m")
    assert (await waiting_check(client))["ok"]


async def test_waiting_time_restarts_with_retry(client: AsyncClient, settings: Settings) -> None:
    url = settings.require_database_url()
    job = await submit_rows(url, "a")
    fail = "UPDATE images SET status = 'failed', failure_code = 'x', failure_detail = 'X.'"
    execute(url, AGE, 5000)
    execute(url, fail)
    await client.post(f"/api/v1/images/{job.image_ids[0]}/retry")

    status = (await client.get("/api/v1/status")).json()
    assert status["queue"]["oldest_waiting_seconds"] < 60


async def test_limits_endpoint_returns_upload_limits(
    client: AsyncClient, settings: Settings
) -> None:
    limits = (await client.get("/api/v1/limits")).json()

    assert limits["max_upload_bytes"] == settings.max_upload_bytes
    assert "image/jpeg" in limits["media_types"]
    assert "csv" in limits["export_formats"]


@pytest.mark.usefixtures("gallery")
async def test_status_reports_queue_and_missing_workers(client: AsyncClient) -> None:
    status = (await client.get("/api/v1/status")).json()

    assert (status["images"]["queued"], status["images"]["done"]) == (1, 2)
    assert status["workers"]["state"] == "no_worker"


async def test_readiness_lists_each_check(client: AsyncClient) -> None:
    response = await client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"  # no worker is running
    assert {name: check["ok"] for name, check in response.json()["checks"].items()} == {
        "database": True,
        "objects": True,
        "queue": True,
        "workers": False,
        "model": False,
        "waiting": True,
    }
