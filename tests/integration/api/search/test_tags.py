"""Tag suggestions and their counts."""

import pytest
from httpx2 import AsyncClient

from infra.settings import Settings
from tests.support.gallery import add, classify

pytestmark = pytest.mark.anyio

IMAGES = "/api/v1/images"


@pytest.mark.usefixtures("gallery")
async def test_tags_are_counted_per_image(client: AsyncClient) -> None:
    tennis = (await client.get("/api/v1/tags", params={"q": "Tennis b"})).json()
    every = (await client.get("/api/v1/tags", params={"limit": 2})).json()

    ball = {
        "label": "tennis ball",
        "kind": "class",
        "wnid": "n04409515",
        "count": 2,
        "synonym": None,
    }
    assert tennis["items"] == [ball]
    assert every["items"][0] == ball
    assert len(every["items"]) == 2


async def test_tags_of_images_in_trash_are_not_counted(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    async def count() -> int:
        tags = (await client.get("/api/v1/tags", params={"q": "tennis"})).json()["items"]
        return tags[0]["count"] if tags else 0

    await client.delete(f"{IMAGES}/{gallery['dog']}")
    assert await count() == 1
    await client.delete(f"{IMAGES}/{gallery['cat']}")
    assert await count() == 0
    await client.post(f"{IMAGES}/restore", json={"ids": [gallery["dog"]]})
    assert await count() == 1


async def test_tag_found_by_synonym_returns_synonym(
    client: AsyncClient, settings: Settings
) -> None:
    cab = {"cab": 0.5, "minivan": 0.2, "limousine": 0.1, "jeep": 0.1, "pickup": 0.05}
    classify(settings, await add(client, 1), cab, {"car": 0.9})

    tags = (await client.get("/api/v1/tags", params={"q": "automob"})).json()

    car = {
        "label": "car",
        "kind": "category",
        "wnid": "n02958343",
        "count": 1,
        "synonym": "automobile",
    }
    assert tags["items"] == [car]


async def test_tags_without_images_are_listed_on_request(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    assert gallery
    response = await client.get("/api/v1/tags", params={"q": "pug", "unused": True})
    items = response.json()["items"]
    assert [(each["label"], each["count"]) for each in items[:1]] == [("pug", 0)]
    everything = await client.get("/api/v1/tags", params={"unused": True, "limit": 1})
    assert everything.json()["items"][0]["label"] == "tennis ball"
