"""Search: results, ranking, matching tags, facets and syntax errors."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from api.tuning import Tuning
from infra.database.search.estimate import SearchLimits
from infra.settings import Settings
from tests.integration.conftest import open_client
from tests.support.gallery import DOG, add, classify

pytestmark = pytest.mark.anyio

IMAGES = "/api/v1/images"


@pytest.mark.usefixtures("gallery")
@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({}, ["new.jpg", "cat.jpg", "dog.jpg"]),
        ({"sort": "oldest"}, ["dog.jpg", "cat.jpg", "new.jpg"]),
        ({"q": "retriever"}, ["dog.jpg"]),
        ({"q": "GOLDEN retriever"}, ["dog.jpg"]),
        ({"q": "ball"}, ["cat.jpg", "dog.jpg"]),
        ({"q": "tennis tabby"}, ["cat.jpg"]),
        ({"q": "tennis unknown-tag"}, []),
        ({"q": "ball", "min_score": 0.02}, ["cat.jpg"]),
        ({"q": "balls AND cats"}, ["cat.jpg"]),
        ({"q": "tabbies OR collies"}, ["cat.jpg", "dog.jpg"]),
        ({"q": "tag:n04409515 -tag:n02123045"}, ["dog.jpg"]),
        ({"q": "etriev"}, ["dog.jpg"]),
        ({"q": "reason:crashed_worker"}, []),
        ({"min_score": 0.7}, ["dog.jpg"]),
        ({"status": "queued"}, ["new.jpg"]),
        ({"status": "done", "q": "cat"}, ["cat.jpg"]),
        ({"deleted": "true"}, []),
    ],
    ids=str,
)
async def test_search_returns_matching_images(
    client: AsyncClient, parameters: dict[str, Any], names: list[str]
) -> None:
    page = (await client.get(IMAGES, params=parameters)).json()
    assert [image["name"] for image in page["items"]] == names
    assert page["total"] == len(names)


async def test_only_newest_images_are_ranked_in_large_result(
    client: AsyncClient, settings: Settings
) -> None:
    for number, score in enumerate((0.9, 0.3, 0.6)):
        classify(settings, await add(client, number, f"{score}.jpg"), DOG, {"dog": score})

    async def read(client: AsyncClient, **parameters: Any) -> tuple[list[str], int | None]:
        names: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await client.get(IMAGES, params=parameters | {"limit": 1} | cursor)).json()
            names += [image["name"] for image in page["items"]]
            if page["next"] is None:
                return names, page["ranked"]
            cursor = {"cursor": page["next"]}

    async with open_client(settings, tuning=ranking(2)) as api:
        assert await read(api, q="dog", sort="match") == (["0.6.jpg", "0.3.jpg", "0.9.jpg"], 2)
        assert await read(api, q="dog") == (["0.6.jpg", "0.3.jpg", "0.9.jpg"], None)
        assert await read(api, q="dog", sort="oldest") == (["0.9.jpg", "0.3.jpg", "0.6.jpg"], None)
    async with open_client(settings, tuning=ranking(3)) as api:
        assert (await read(api, q="dog", sort="match"))[0] == ["0.9.jpg", "0.6.jpg", "0.3.jpg"]


def ranking(ranked: int) -> Tuning:
    """Return limits at which every search has many matches, of which `ranked` are ranked."""
    return Tuning(search=SearchLimits(max_exact=0, ranked=ranked))


@pytest.mark.usefixtures("gallery")
async def test_sort_by_match_without_terms_sorts_by_confidence(client: AsyncClient) -> None:
    by_confidence = await client.get(IMAGES, params={"sort": "confidence"})
    by_match = await client.get(IMAGES, params={"sort": "match", "q": "after:2020-01-01"})

    assert [each["id"] for each in by_match.json()["items"]] == [
        each["id"] for each in by_confidence.json()["items"]
    ]


@pytest.mark.usefixtures("gallery")
async def test_search_returns_matching_tags(client: AsyncClient) -> None:
    page = (await client.get(IMAGES, params={"q": "retriever"})).json()

    assert [match["label"] for match in page["items"][0]["matches"]] == [
        "golden_retriever",
        "Labrador_retriever",
    ]


@pytest.mark.usefixtures("gallery")
async def test_facets_count_tags_of_search_result(client: AsyncClient) -> None:
    page = (await client.get(IMAGES, params={"q": "retriever", "facets": 2})).json()
    every = (await client.get(IMAGES, params={"facets": 1})).json()
    plain = (await client.get(IMAGES)).json()

    retrievers = [("kuvasz", 1), ("golden retriever", 1), ("Labrador retriever", 1),
                  ("tennis ball", 1), ("collie", 1)]  # fmt: skip
    assert {(each["label"], each["count"]) for each in page["facets"]["items"]} < set(retrievers)
    assert len(page["facets"]["items"]) == 2
    assert page["facets"]["is_exact"]
    assert every["facets"]["items"] == [
        {
            "label": "tennis ball",
            "kind": "class",
            "wnid": "n04409515",
            "count": 2,
            "usage": 0,
            "technical": False,
        }
    ]
    assert plain["facets"] is None


async def test_category_match_has_path(client: AsyncClient, settings: Settings) -> None:
    classify(settings, await add(client, 1), DOG, {"dog": 0.93, "mammal": 0.95})

    page = (await client.get(IMAGES, params={"q": "dog"})).json()

    assert page["items"][0]["categories"] == [
        {"label": "mammal", "score": pytest.approx(0.95), "technical": False},
        {"label": "dog", "score": pytest.approx(0.93), "technical": False},
    ]
    assert page["items"][0]["matches"] == [
        {
            "rank": None,
            "label": "dog",
            "kind": "category",
            "wnid": "n02084071",
            "score": pytest.approx(0.93),
            "path": "golden retriever ← dog",
        }
    ]


async def test_syntax_error_in_search_has_position(client: AsyncClient) -> None:
    response = await client.get(IMAGES, params={"q": "dog colour:red"})

    assert response.status_code == 400
    assert response.json()["type"] == "/problems/query-syntax"
    [error] = response.json()["errors"]
    assert (error["pointer"], error["start"], error["end"]) == ("query/q", 4, 14)


@pytest.mark.usefixtures("gallery")
@pytest.mark.parametrize("sort", ["confidence", "match"])
async def test_pages_sorted_by_score_have_no_gaps(client: AsyncClient, sort: str) -> None:
    first = (await client.get(IMAGES, params={"sort": sort, "limit": 1})).json()
    rest = {"sort": sort, "limit": 2, "cursor": first["next"]}
    second = (await client.get(IMAGES, params=rest)).json()

    names = [image["name"] for page in (first, second) for image in page["items"]]
    assert names == ["dog.jpg", "cat.jpg", "new.jpg"]
    wrong = await client.get(IMAGES, params={"sort": "newest", "cursor": first["next"]})
    assert wrong.status_code == 422
