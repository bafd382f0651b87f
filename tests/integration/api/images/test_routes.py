"""Images: listing, retrieval, deletion and restoration."""

from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from tests.support.gallery import add

pytestmark = pytest.mark.anyio

IMAGES = "/api/v1/images"


async def list_names(client: AsyncClient, **parameters: Any) -> list[str]:
    page = (await client.get(IMAGES, params=parameters)).json()
    assert page["total"] == len(page["items"])
    return [image["name"] for image in page["items"]]


async def test_total_changes_with_uploads_and_deletions(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    assert await list_names(client) == await list_names(client) == ["new.jpg", "cat.jpg", "dog.jpg"]
    await client.delete(f"{IMAGES}/{gallery['cat']}")
    assert await list_names(client) == ["new.jpg", "dog.jpg"]
    assert await list_names(client, deleted="true") == ["cat.jpg"]
    await add(client, 9, "late.jpg")
    past_end = (await client.get(IMAGES, params={"skip": 10})).json()
    assert (past_end["items"], past_end["total"]) == ([], 3)


async def test_image_is_returned_with_all_fields(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    image = (await client.get(f"{IMAGES}/{gallery['dog']}")).json()

    assert (image["status"], image["model"], image["width"], image["height"]) == (
        "done",
        "test",
        320,
        240,
    )
    assert image["predictions"][0] == {
        "rank": 1,
        "label": "golden_retriever",
        "score": pytest.approx(0.9),
        "class_index": 207,
        "wnid": "n02099601",
    }
    assert [each["rank"] for each in image["predictions"]] == [1, 2, 3, 4, 5]


async def test_pages_have_no_gaps_while_images_are_added_and_deleted(
    client: AsyncClient,
) -> None:
    ids = [await add(client, seed) for seed in range(7)]
    first = (await client.get(IMAGES, params={"limit": 3})).json()
    await add(client, 100)
    await client.delete(f"{IMAGES}/{ids[5]}")
    second = (await client.get(IMAGES, params={"limit": 3, "cursor": first["next"]})).json()
    third = (await client.get(IMAGES, params={"limit": 3, "cursor": second["next"]})).json()

    seen = [image["id"] for page in (first, second, third) for image in page["items"]]
    assert seen == ids[::-1]
    assert third["next"] is None


async def test_deleted_image_can_be_restored(client: AsyncClient, gallery: dict[str, str]) -> None:
    assert (await client.delete(f"{IMAGES}/{gallery['dog']}")).status_code == 204
    assert await list_names(client) == ["new.jpg", "cat.jpg"]
    assert await list_names(client, deleted="true") == ["dog.jpg"]

    assert (await client.post(f"{IMAGES}/{gallery['dog']}/restore")).json()["deleted_at"] is None
    assert await list_names(client) == ["new.jpg", "cat.jpg", "dog.jpg"]


async def test_images_are_deleted_by_ids_by_search_or_all_and_restored(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    by_ids = await client.post(f"{IMAGES}/delete", json={"ids": [gallery["dog"], gallery["dog"]]})
    by_search = await client.post(f"{IMAGES}/delete", json={"q": "cat"})
    rest = await client.post(f"{IMAGES}/delete", json={"all": True})
    assert [each.json()["ids"] for each in (by_ids, by_search, rest)] == [
        [gallery["dog"]],
        [gallery["cat"]],
        [gallery["new"]],
    ]

    restored = await client.post(f"{IMAGES}/restore", json={"ids": list(gallery.values())})
    assert restored.json() == {"restored": 3}


@pytest.mark.parametrize("body", [{}, {"all": False}, {"q": "cat", "all": True}])
async def test_deletion_without_exactly_one_criterion_is_refused(
    client: AsyncClient, gallery: dict[str, str], body: dict[str, Any]
) -> None:
    assert (await client.post(f"{IMAGES}/delete", json=body)).status_code == 422
    assert len(await list_names(client)) == len(gallery)


@pytest.mark.parametrize("path", ["", "/original", "/thumbnail"])
async def test_unknown_image_returns_404(client: AsyncClient, path: str) -> None:
    response = await client.get(f"{IMAGES}/{UUID(int=1)}{path}")

    assert response.status_code == 404
    assert response.json()["type"] == "/problems/not-found"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "min_score=2", "status=gone", "cursor=made-up", "sort=random"]
)
async def test_invalid_parameter_is_named_in_problem(client: AsyncClient, query: str) -> None:
    response = await client.get(f"{IMAGES}?{query}")

    assert response.status_code == 422
    assert query.split("=", maxsplit=1)[0] in response.json()["detail"]
