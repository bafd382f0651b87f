"""Custom tags over HTTP: teach, suggest, change, merge, delete, undo, take along."""

from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import AsyncClient

from infra.database.pool import WorkerConnection
from infra.settings import Settings
from tests.support.factories import execute
from tests.support.taught import MODEL, Taught, fill
from worker.teaching.task import TeachingLimits, teach_tag

pytestmark = pytest.mark.anyio

API = "/api/v1/custom-tags"
# A small part of the gallery, as in a gallery of many images.
LIMITS = TeachingLimits(others=60)


@pytest.fixture
def connection(settings: Settings) -> Iterator[WorkerConnection]:
    connection = WorkerConnection(settings.require_database_url(), name="worker under test")
    yield connection
    connection.close()


async def send(client: AsyncClient, method: str, path: str, body: Any = None) -> Any:
    response = await client.request(method, f"{API}{path}", json=body)
    assert response.is_success, response.text
    return response.json() if response.content else None


async def confirm(client: AsyncClient, tag: str, images: Any, verdict: str = "confirmed") -> None:
    body = {"tag": f"custom:{tag}", "verdict": verdict, "ids": [str(each) for each in images]}
    response = await client.post("/api/v1/verdicts", json=body)
    assert response.is_success, response.text


@pytest.fixture
async def hats(settings: Settings, client: AsyncClient, connection: WorkerConnection) -> Taught:
    """The tag `hat`, trained from five images."""
    gallery = await fill(settings, showing=14, others=180)
    await send(client, "POST", "", {"name": "Hat"})
    await confirm(client, "hat", gallery.showing[:5])
    assert teach_tag(connection, 10_000, model=MODEL, limits=LIMITS)
    return gallery


async def found(client: AsyncClient, q: str) -> int:
    return int((await client.get("/api/v1/images", params={"q": q})).json()["total"])


async def test_new_tag_collects_examples(client: AsyncClient) -> None:
    created = await send(client, "POST", "", {"name": "  Wide Hat"})

    assert (created["slug"], created["name"]) == ("wide-hat", "Wide Hat")
    assert created["state"] == "collecting"
    assert created["precision"] is None
    assert await send(client, "GET", "") == {"items": [created]}


async def test_name_that_exists_is_refused(client: AsyncClient) -> None:
    await send(client, "POST", "", {"name": "hat"})

    assert (await client.post(API, json={"name": "Hat"})).status_code == 409
    assert (await client.post(API, json={"name": "!"})).status_code == 422


async def test_tag_with_three_positives_is_in_training(
    settings: Settings, client: AsyncClient
) -> None:
    gallery = await fill(settings, showing=3, others=5)
    await confirm(client, "hat", gallery.showing)

    tag = await send(client, "GET", "/hat")

    assert (tag["state"], tag["is_updating"], tag["positives"]) == ("training", True, 3)


async def test_trained_tag_states_its_precision_and_counts_its_images(
    client: AsyncClient, hats: Taught
) -> None:
    tag = await send(client, "GET", "/hat")

    assert tag["state"] in {"ready", "weak"}
    assert tag["precision"]["low"] <= tag["precision"]["value"] <= tag["precision"]["high"]
    assert tag["images"] == await found(client, "hat") >= len(hats.showing[:5])
    assert not tag["is_updating"]
    assert tag["curve"]


async def test_suggestions_are_undecided_and_likely_ones_show_the_tag(
    client: AsyncClient, hats: Taught
) -> None:
    likely = (await send(client, "GET", "/hat/suggestions?limit=8"))["items"]
    doubtful = (await send(client, "GET", "/hat/suggestions?limit=8&order=doubt"))["items"]

    assert {each["id"] for each in likely[:5]} <= {str(each) for each in hats.showing[5:]}
    assert [each["suggested_score"] for each in likely] == sorted(
        (each["suggested_score"] for each in likely), reverse=True
    )
    assert not {each["id"] for each in likely + doubtful} & {str(e) for e in hats.showing[:5]}
    assert likely[0]["reason"]


async def test_suggest_only_and_threshold_take_effect(
    client: AsyncClient, connection: WorkerConnection, hats: Taught
) -> None:
    assert hats
    await send(client, "PATCH", "/hat", {"suggest_only": True})
    assert teach_tag(connection, 10_000, model=MODEL, limits=LIMITS)
    assert await found(client, "hat") == 5

    changed = await send(client, "PATCH", "/hat", {"suggest_only": False, "threshold": 0.01})
    assert changed["threshold"] == 0.01
    assert teach_tag(connection, 10_000, model=MODEL, limits=LIMITS)
    assert await found(client, "hat") > 5


async def test_renamed_tag_is_found_by_its_new_name(client: AsyncClient, hats: Taught) -> None:
    assert hats
    before = await found(client, "hat")
    renamed = await send(client, "PATCH", "/hat", {"name": "Bonnetje"})

    assert (renamed["slug"], renamed["name"]) == ("hat", "Bonnetje")
    assert await found(client, "bonnetje") == before


async def test_deleted_tag_disappears_and_comes_back_with_undo(
    client: AsyncClient, connection: WorkerConnection, hats: Taught
) -> None:
    assert hats
    before = await found(client, "hat")
    undo = await send(client, "DELETE", "/hat")
    teach_tag(connection, 10_000, model=MODEL, limits=LIMITS)
    assert await send(client, "GET", "") == {"items": []}
    image = (await client.get(f"/api/v1/images/{hats.showing[0]}")).json()
    assert not any(tag["kind"] == "custom" for tag in image["tags"])

    await send(client, "POST", "/undo", undo)
    teach_tag(connection, 10_000, model=MODEL, limits=LIMITS)

    assert await found(client, "hat") == before
    assert (await client.post(f"{API}/undo", json=undo)).status_code == 404


async def test_merged_tag_gives_its_examples_to_the_other_and_undo_takes_them_back(
    client: AsyncClient, hats: Taught
) -> None:
    await confirm(client, "cap", hats.showing[4:8])

    undo = await send(client, "POST", "/cap/merge", {"into": "hat"})
    assert (await send(client, "GET", "/hat"))["positives"] == 8
    assert (await client.get(f"{API}/cap")).status_code == 404

    await send(client, "POST", "/undo", undo)
    assert (await send(client, "GET", "/hat"))["positives"] == 5
    assert (await send(client, "GET", "/cap"))["positives"] == 4


async def test_exported_tag_works_in_a_gallery_without_its_examples(
    settings: Settings, client: AsyncClient, connection: WorkerConnection, hats: Taught
) -> None:
    assert hats
    file = await send(client, "GET", "/hat/export")
    assert len(file["confirmed"]) == 5
    execute(settings.require_database_url(), "TRUNCATE verdicts, custom_tags CASCADE")
    file["confirmed"] = ["00" * 32]

    imported = await send(client, "POST", "/import", file)
    number = execute(settings.require_database_url(), "SELECT tag FROM custom_tags")[0][0]
    assert isinstance(number, int)
    assert teach_tag(connection, number, model=MODEL, limits=LIMITS)

    assert imported["precision"]["value"] == file["classifier"]["precision"][0]
    suggested = await send(client, "GET", "/hat/suggestions?limit=5")
    assert {each["id"] for each in suggested["items"]} <= {str(each) for each in hats.showing}


async def test_malformed_file_is_refused(client: AsyncClient, hats: Taught) -> None:
    assert hats
    file = await send(client, "GET", "/hat/export")
    await send(client, "DELETE", "/hat")
    file["classifier"]["weights"] = "AAAA"

    assert (await client.post(f"{API}/import", json=file)).status_code == 422
