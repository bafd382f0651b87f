"""Search hints: what else a search may have meant."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from infra.settings import Settings
from tests.support.gallery import CAT, DOG, add, classify

pytestmark = pytest.mark.anyio


async def hints(client: AsyncClient, **parameters: Any) -> list[tuple[str, str, int]]:
    """Return the hints for a search as (kind, search, number of images)."""
    response = await client.get("/api/v1/search/hints", params=parameters)
    assert response.status_code == 200
    return [(each["kind"], each["q"], each["total"]) for each in response.json()["hints"]]


async def find(client: AsyncClient, q: str) -> int:
    """Return the number of images that a search finds."""
    return int((await client.get("/api/v1/images", params={"q": q})).json()["total"])


@pytest.mark.usefixtures("gallery")
async def test_misspelled_word_is_corrected(client: AsyncClient) -> None:
    """P4: nothing was offered for a search without results."""
    assert await hints(client, q="retreiver tenis") == [("spelling", "retriever tennis", 1)]
    assert await hints(client, q="retriever") == []


async def test_word_is_offered_inside_other_words(client: AsyncClient, settings: Settings) -> None:
    """P4: `owl` found bowls; what the first version found by substring stays reachable."""
    owl = {"great_grey_owl": 0.8, "kite": 0.1, "bald_eagle": 0.05, "hen": 0.03, "cock": 0.02}
    bowl = {"mixing_bowl": 0.8, "soup_bowl": 0.1, "cup": 0.05, "plate": 0.03, "tray": 0.02}
    for seed, tags in enumerate((owl, bowl)):
        classify(settings, await add(client, seed), tags)

    assert await find(client, "owl") == 1
    assert await hints(client, q="owl") == [("inside", "owl|*owl*", 2)]
    assert await find(client, "owl|*owl*") == 2


@pytest.mark.usefixtures("gallery")
async def test_file_name_is_offered(client: AsyncClient) -> None:
    """P4: a bare file name found nothing."""
    [(kind, q, total)] = await hints(client, q="new.jpg")
    assert (kind, total) == ("name", 1)
    assert await find(client, q) == 1


@pytest.mark.usefixtures("gallery")
async def test_weak_matches_are_counted(client: AsyncClient) -> None:
    assert await hints(client, q="ball", min_score=0.1) == [("weak", "ball", 2)]
    assert await hints(client, q="retriever", min_score=0.1) == []


@pytest.mark.usefixtures("gallery")
async def test_tags_in_the_search_are_named(client: AsyncClient) -> None:
    response = await client.get("/api/v1/search/hints", params={"q": "puppies -tag:n02123045"})
    assert response.json()["tags"] == [{"tag": "n02123045", "label": "tabby"}]
    assert response.json()["broader"] == [{"word": "puppies", "label": "dog"}]


@pytest.mark.parametrize("tags", [DOG, CAT], ids=["dog", "cat"])
async def test_facet_count_is_what_its_tag_finds(
    client: AsyncClient, settings: Settings, tags: dict[str, float]
) -> None:
    """P7: the chip "hunting dog 93" led to 95 images."""
    classify(settings, await add(client, 1), tags, {"animal": 0.9, "mammal": 0.8})
    classify(settings, await add(client, 2), DOG, {"dog": 0.9})
    page = (await client.get("/api/v1/images", params={"facets": 100})).json()
    for facet in page["facets"]["items"]:
        assert await find(client, f"tag:{facet['wnid']}") == facet["count"]
