"""Reclassification: selected images and their status."""

import psycopg
import pytest
from httpx2 import AsyncClient

from api.images.service import reclassify
from infra.database.pool import Database
from infra.database.queries.workers import write_heartbeat
from infra.database.search.compiler import Filter
from infra.settings import Settings
from tests.support.gallery import CAT, DOG, add, classify

pytestmark = pytest.mark.anyio

RERUN = "/api/v1/images/rerun"


@pytest.fixture
async def gallery(client: AsyncClient, settings: Settings) -> dict[str, str]:
    """One image each: done by an older model, done by the current model, failed, cancelled."""
    names = ["dog", "cat", "failed", "cancelled"]
    ids = {name: await add(client, seed, f"{name}.jpg") for seed, name in enumerate(names)}
    classify(settings, ids["dog"], DOG)
    classify(settings, ids["cat"], CAT)
    with psycopg.connect(settings.require_database_url()) as conn:
        conn.execute("UPDATE images SET model = 'older' WHERE id = %s", (ids["dog"],))
        conn.execute(
            "UPDATE images SET status = 'failed', failure_code = 'x', failure_detail = 'x',"
            " classified_at = now() WHERE id = %s",
            (ids["failed"],),
        )
        conn.execute("UPDATE images SET status = 'cancelled' WHERE id = %s", (ids["cancelled"],))
        write_heartbeat(conn, "worker-1", "ready", model="test")
    return ids


async def queued_names(client: AsyncClient) -> set[str]:
    page = (await client.get("/api/v1/images", params={"status": "queued"})).json()
    return {image["name"].removesuffix(".jpg") for image in page["items"]}


@pytest.mark.usefixtures("gallery")
@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"scope": "failed"}, {"failed"}),
        ({"scope": "never"}, {"cancelled"}),
        ({"scope": "older_model"}, {"dog"}),
        ({"scope": "older_model", "q": "tabby"}, set()),
        ({"scope": "found", "q": "tennis"}, {"dog", "cat"}),
        ({"scope": "found", "q": "tennis", "min_score": 0.02}, {"cat"}),
    ],
    ids=["failed", "never", "older model", "older model and search", "search", "search and score"],
)
async def test_scope_and_search_select_images(
    client: AsyncClient, body: dict[str, str], names: set[str]
) -> None:
    response = await client.post(RERUN, json=body)

    assert (response.status_code, response.json()) == (202, {"queued": len(names)})
    assert await queued_names(client) == names


async def test_older_model_without_worker_returns_409(client: AsyncClient) -> None:
    assert (await client.post(RERUN, json={"scope": "older_model"})).status_code == 409


@pytest.mark.usefixtures("gallery")
async def test_images_are_queued_in_batches(client: AsyncClient, database: Database) -> None:
    assert await reclassify(database, Filter(), "found", at_once=3) == 4
    assert await queued_names(client) == {"dog", "cat", "failed", "cancelled"}
