"""Metrics, and headers of every response."""

import re
import time

import pytest
from httpx2 import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from infra.settings import Settings
from tests.integration.conftest import open_api
from tests.support.factories import execute, submit_rows

pytestmark = pytest.mark.anyio


async def read(client: AsyncClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def labels(**values: str) -> frozenset[tuple[str, str]]:
    return frozenset(values.items())


async def test_gallery_metrics_by_state_and_lane(client: AsyncClient, settings: Settings) -> None:
    url = settings.require_database_url()
    await submit_rows(url, "a", "b")
    bulk = await submit_rows(url, *(str(n) for n in range(20)))
    execute(
        url,
        "UPDATE images SET waiting_since = now() - interval '90 s' WHERE id = %s",
        bulk.image_ids[0],
    )
    execute(url, "INSERT INTO workers (id, state) VALUES ('w', 'ready'), ('x', 'no_weights')")
    execute(url, "INSERT INTO workers (id, state, seen_at) VALUES ('y', 'ready', '2020-01-01')")

    found = await read(client)
    assert found["gallery_database_up", labels()] == 1
    assert found["gallery_redis_up", labels()] == 1
    assert found["gallery_images", labels(state="queued")] == 22
    assert found["gallery_images", labels(state="done")] == 0
    assert found["gallery_queue_images", labels(lane="interactive")] == 2
    assert found["gallery_queue_images", labels(lane="bulk")] == 20
    assert 90 <= found["gallery_queue_oldest_age_seconds", labels(lane="bulk")] < 200
    assert found["gallery_workers", labels(state="ready")] == 1
    assert found["gallery_workers", labels(state="no_weights")] == 1


async def test_request_metrics_are_labelled_by_route(client: AsyncClient) -> None:
    for number in range(3):
        await client.get(f"/api/v1/images/00000000-0000-7000-8000-00000000000{number}")
        await client.get(f"/no/such/page/{number}")

    found = await read(client)
    count = "gallery_http_request_duration_seconds_count"
    route = labels(method="GET", route="/images/{image_id}", code="404")
    assert found[count, route] == 3
    assert found[count, labels(method="GET", route="none", code="404")] == 3


async def test_background_services_are_counted(settings: Settings) -> None:
    async with open_api(settings) as (client, background):
        await background.completed("sweeper")
        found = await read(client)

    assert found["gallery_background_runs_total", labels(service="sweeper", outcome="success")] >= 1
    last_success = "gallery_background_last_success_timestamp_seconds"
    assert found[last_success, labels(service="sweeper")] > time.time() - 60


async def test_problem_contains_request_id(client: AsyncClient) -> None:
    missing = "/api/v1/images/00000000-0000-7000-8000-000000000000"
    given = await client.get(missing, headers={"X-Request-ID": "my-request-7"})
    assert given.json()["request_id"] == given.headers["x-request-id"] == "my-request-7"

    invalid = await client.get(missing, headers={"X-Request-ID": "two words"})
    assert invalid.json()["request_id"] == invalid.headers["x-request-id"] != "two words"
    assert len(invalid.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    "path", ["/healthz", "/api/v1/images", "/no/such/page", "/metrics", "/docs"]
)
async def test_every_response_has_security_headers(client: AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_fastapi_docs_page_may_load_its_script(
    client: AsyncClient,
) -> None:
    page = await client.get("/docs")
    script = re.search(r'<script src="(https://[^/"]+)/', page.text)

    assert script is not None
    assert f"script-src {script[1]}" in page.headers["content-security-policy"]
