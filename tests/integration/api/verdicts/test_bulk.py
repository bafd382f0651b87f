"""Decisions on many images, and undoing them."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from api.verdicts.service import decide_many, undo_operation
from core.ids import new_id
from infra.database.pool import Database
from infra.database.queries.verdicts import Decision
from infra.settings import Settings
from tests.support.factories import execute, submit_rows
from tests.support.gallery import CLASSES

pytestmark = pytest.mark.anyio

TABBY, DOG_CATEGORY, BALL = "n02123045", "n02084071", "n04409515"


async def decide(client: AsyncClient, **body: object) -> dict[str, Any]:
    response = await client.post("/api/v1/verdicts", json=body)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def undo(client: AsyncClient, token: str) -> dict[str, Any]:
    response = await client.post("/api/v1/verdicts/undo", json={"undo": token})
    assert response.status_code == 200, response.text
    return dict(response.json())


async def find(client: AsyncClient, q: str) -> list[str]:
    found = (await client.get("/api/v1/images", params={"q": q})).json()
    return sorted(item["name"] for item in found["items"])


async def test_all_images_that_a_search_finds_are_decided(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    assert gallery
    assert (await decide(client, tag=BALL, verdict="rejected", q="tennis"))["changed"] == 2
    assert await find(client, "tennis") == []


async def test_images_that_have_the_verdict_already_are_not_changed(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    ids = list(gallery.values())
    assert (await decide(client, tag=TABBY, verdict="confirmed", ids=ids[:1]))["changed"] == 1
    assert (await decide(client, tag=TABBY, verdict="confirmed", ids=ids))["changed"] == 2
    assert (await decide(client, tag=TABBY, verdict=None, ids=ids))["changed"] == 3
    assert (await decide(client, tag=TABBY, verdict=None, ids=ids))["changed"] == 0


async def test_undo_restores_earlier_decisions_and_can_be_undone(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    path = f"/api/v1/images/{gallery['dog']}"
    await decide(client, tag="n02099601", verdict="confirmed", ids=[gallery["dog"]])
    before = (await client.get(path)).json()
    bulk = await decide(client, tag=DOG_CATEGORY, verdict="rejected", ids=list(gallery.values()))
    after = (await client.get(path)).json()

    again = await undo(client, bulk["undo"])
    assert again["changed"] == 3
    assert (await client.get(path)).json() == before
    assert (await undo(client, again["undo"]))["changed"] == 3
    assert (await client.get(path)).json() == after
    response = await client.post("/api/v1/verdicts/undo", json={"undo": bulk["undo"]})
    assert response.status_code == 404


async def test_undo_keeps_decisions_that_were_made_since(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    bulk = await decide(client, tag=BALL, verdict="rejected", q="tennis")
    await decide(client, tag=BALL, verdict="confirmed", ids=[gallery["dog"]])

    assert (await undo(client, bulk["undo"]))["changed"] == 1
    assert await find(client, "tennis score:>=1") == ["dog.jpg"]
    assert await find(client, "tennis score:<1") == ["cat.jpg"]


async def test_undo_does_not_restore_what_contradicts_a_newer_decision(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    ids = [gallery["dog"]]
    await decide(client, tag=DOG_CATEGORY, verdict="rejected", ids=ids)
    golden = await decide(client, tag="n02099601", verdict="confirmed", ids=ids)
    await decide(client, tag="n02099712", verdict="confirmed", ids=ids)

    await undo(client, golden["undo"])
    image = (await client.get(f"/api/v1/images/{gallery['dog']}")).json()
    decided = {each["tag"]: each["verdict"] for each in image["tags"] if each["verdict"]}
    assert decided == {"n02099712": "confirmed"}


async def test_undo_is_refused_after_a_day(
    client: AsyncClient, gallery: dict[str, str], settings: Settings
) -> None:
    token = (await decide(client, tag=BALL, verdict="rejected", ids=[gallery["dog"]]))["undo"]
    execute(
        settings.require_database_url(),
        "UPDATE verdict_history SET decided_at = decided_at - interval '25 hours'",
    )
    response = await client.post("/api/v1/verdicts/undo", json={"undo": token})
    assert response.status_code == 404


@pytest.mark.parametrize("body", [{}, {"ids": [], "q": "dog"}], ids=["neither", "both"])
async def test_exactly_one_selection_is_required(
    client: AsyncClient, body: dict[str, object]
) -> None:
    decision = {"tag": TABBY, "verdict": "confirmed"}
    assert (await client.post("/api/v1/verdicts", json=decision | body)).status_code == 422


async def test_decisions_and_undo_work_in_parts(database: Database, settings: Settings) -> None:
    url = settings.require_database_url()
    ids = (await submit_rows(url, *map(str, range(7)))).image_ids
    decision = Decision(operation=new_id(), tag=CLASSES["tabby"], verdict="confirmed", by="ann")

    assert (await decide_many(database, ids, decision, part=3)).images == 7
    assert execute(url, "SELECT count(*) FROM images WHERE confirmed = '{281}'") == [(7,)]
    undone_by = Decision(operation=new_id(), tag=0, verdict=None, by="ann")
    assert (await undo_operation(database, decision.operation, undone_by, part=3)).images == 7
    assert execute(url, "SELECT count(*) FROM images WHERE confirmed IS NULL") == [(7,)]
