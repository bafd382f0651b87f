"""The gallery: lists, search, trash, bytes, tags and the CSV."""

import csv
import io
import re
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from infra.settings import Settings
from tests.support.gallery import CAT, DOG, add, classify

pytestmark = pytest.mark.anyio

IMAGES = "/api/v1/images"


async def found(client: AsyncClient, **parameters: Any) -> list[str]:
    page = (await client.get(IMAGES, params=parameters)).json()
    assert page["total"] == len(page["items"])
    return [image["name"] for image in page["items"]]


@pytest.fixture
async def gallery(client: AsyncClient, settings: Settings) -> dict[str, str]:
    """A dog, a cat, and a picture that still waits."""
    ids = {
        name: await add(client, seed, f"{name}.jpg")
        for seed, name in enumerate(["dog", "cat", "new"])
    }
    classify(settings, ids["dog"], DOG)
    classify(settings, ids["cat"], CAT)
    return ids


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
        ({"q": "tennis nothing-like-it"}, []),
        ({"q": "ball", "min_score": 0.02}, ["cat.jpg"]),
        ({"min_score": 0.7}, ["dog.jpg"]),
        ({"status": "queued"}, ["new.jpg"]),
        ({"status": "done", "q": "cat"}, ["cat.jpg"]),
        ({"deleted": "true"}, []),
    ],
    ids=str,
)
async def test_what_a_search_finds(
    client: AsyncClient, parameters: dict[str, Any], names: list[str]
) -> None:
    assert await found(client, **parameters) == names


async def test_the_best_of_the_newest_are_ranked_where_much_is_found(
    client: AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.database.search.estimate.MAX_EXACT", 0)
    monkeypatch.setattr("infra.database.search.ranking.RANKED", 2)
    for number, score in enumerate((0.9, 0.3, 0.6)):
        classify(settings, await add(client, number, f"{score}.jpg"), DOG, {"dog": score})

    async def read(**parameters: Any) -> tuple[list[str], int | None]:
        names: list[str] = []
        cursor = {}
        while True:
            page = (await client.get(IMAGES, params=parameters | {"limit": 1} | cursor)).json()
            names += [image["name"] for image in page["items"]]
            if page["next"] is None:
                return names, page["ranked"]
            cursor = {"cursor": page["next"]}

    assert await read(q="dog", sort="match") == (["0.6.jpg", "0.3.jpg", "0.9.jpg"], 2)
    assert await read(q="dog") == (["0.6.jpg", "0.3.jpg", "0.9.jpg"], None)
    assert await read(q="dog", sort="oldest") == (["0.9.jpg", "0.3.jpg", "0.6.jpg"], None)
    monkeypatch.setattr("infra.database.search.ranking.RANKED", 3)
    assert (await read(q='"dog"', sort="match"))[0] == ["0.9.jpg", "0.6.jpg", "0.3.jpg"]


@pytest.mark.usefixtures("gallery")
async def test_without_words_the_surest_match_best(client: AsyncClient) -> None:
    sure = await client.get(IMAGES, params={"sort": "confidence"})
    best = await client.get(IMAGES, params={"sort": "match", "q": "after:2020-01-01"})

    assert [each["id"] for each in best.json()["items"]] == [
        each["id"] for each in sure.json()["items"]
    ]


async def test_totals_follow_what_comes_and_goes(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    assert await found(client) == await found(client) == ["new.jpg", "cat.jpg", "dog.jpg"]
    await client.delete(f"{IMAGES}/{gallery['cat']}")
    assert await found(client) == ["new.jpg", "dog.jpg"]
    assert await found(client, deleted="true") == ["cat.jpg"]
    await add(client, 9, "late.jpg")
    behind = (await client.get(IMAGES, params={"skip": 10})).json()
    assert (behind["items"], behind["total"]) == ([], 3)


async def test_a_picture_is_told_whole(client: AsyncClient, gallery: dict[str, str]) -> None:
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


@pytest.mark.usefixtures("gallery")
async def test_a_search_says_which_tags_matched(client: AsyncClient) -> None:
    page = (await client.get(IMAGES, params={"q": "retriever"})).json()

    assert [match["label"] for match in page["items"][0]["matches"]] == [
        "golden_retriever",
        "Labrador_retriever",
    ]


async def test_pages_follow_each_other_without_gaps_while_pictures_come_and_go(
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


async def test_the_trash_takes_and_gives_back(client: AsyncClient, gallery: dict[str, str]) -> None:
    assert (await client.delete(f"{IMAGES}/{gallery['dog']}")).status_code == 204
    assert await found(client) == ["new.jpg", "cat.jpg"]
    assert await found(client, deleted="true") == ["dog.jpg"]

    assert (await client.post(f"{IMAGES}/{gallery['dog']}/restore")).json()["deleted_at"] is None
    assert await found(client) == ["new.jpg", "cat.jpg", "dog.jpg"]


async def test_many_are_deleted_by_ids_by_search_or_all_and_restored(
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
async def test_a_deletion_that_does_not_say_what_deletes_nothing(
    client: AsyncClient, gallery: dict[str, str], body: dict[str, Any]
) -> None:
    assert (await client.post(f"{IMAGES}/delete", json=body)).status_code == 422
    assert len(await found(client)) == len(gallery)


@pytest.mark.parametrize("path", ["", "/original", "/thumbnail"])
async def test_an_unknown_picture_is_404(client: AsyncClient, path: str) -> None:
    answer = await client.get(f"{IMAGES}/{UUID(int=1)}{path}")

    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not-found"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "min_score=2", "status=gone", "cursor=made-up", "sort=random"]
)
async def test_a_bad_query_is_a_problem_that_names_the_place(
    client: AsyncClient, query: str
) -> None:
    answer = await client.get(f"{IMAGES}?{query}")

    assert answer.status_code == 422
    assert query.split("=", maxsplit=1)[0] in answer.json()["detail"]


@pytest.mark.usefixtures("gallery")
async def test_tags_are_counted(client: AsyncClient) -> None:
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


async def test_tags_are_counted_in_what_is_there_and_not_in_the_trash(
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


async def test_a_tag_found_by_another_word_says_so(client: AsyncClient, settings: Settings) -> None:
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


@pytest.mark.usefixtures("gallery")
async def test_a_page_counts_the_tags_of_what_it_finds_when_asked(client: AsyncClient) -> None:
    page = (await client.get(IMAGES, params={"q": "retriever", "facets": 2})).json()
    every = (await client.get(IMAGES, params={"facets": 1})).json()
    plain = (await client.get(IMAGES)).json()

    retrievers = [("kuvasz", 1), ("golden retriever", 1), ("Labrador retriever", 1),
                  ("tennis ball", 1), ("collie", 1)]  # fmt: skip
    assert {(each["label"], each["count"]) for each in page["facets"]["items"]} < set(retrievers)
    assert len(page["facets"]["items"]) == 2
    assert page["facets"]["is_exact"]
    assert every["facets"]["items"] == [
        {"label": "tennis ball", "kind": "class", "wnid": "n04409515", "count": 2}
    ]
    assert plain["facets"] is None


async def test_a_category_explains_itself(client: AsyncClient, settings: Settings) -> None:
    classify(settings, await add(client, 1), DOG, {"dog": 0.93, "mammal": 0.95})

    page = (await client.get(IMAGES, params={"q": "dog"})).json()

    assert page["items"][0]["categories"] == [
        {"label": "mammal", "score": pytest.approx(0.95)},
        {"label": "dog", "score": pytest.approx(0.93)},
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


async def test_a_malformed_search_points_at_the_place(client: AsyncClient) -> None:
    answer = await client.get(IMAGES, params={"q": "dog colour:red"})

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/query-syntax"
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["start"], error["end"]) == ("query/q", 4, 14)


@pytest.mark.usefixtures("gallery")
@pytest.mark.parametrize("sort", ["confidence", "match"])
async def test_pages_sorted_by_score_follow_each_other(client: AsyncClient, sort: str) -> None:
    first = (await client.get(IMAGES, params={"sort": sort, "limit": 1})).json()
    rest = {"sort": sort, "limit": 2, "cursor": first["next"]}
    second = (await client.get(IMAGES, params=rest)).json()

    names = [image["name"] for page in (first, second) for image in page["items"]]
    assert names == ["dog.jpg", "cat.jpg", "new.jpg"]
    wrong = await client.get(IMAGES, params={"sort": "newest", "cursor": first["next"]})
    assert wrong.status_code == 422


async def test_the_csv_is_the_contracts(client: AsyncClient, gallery: dict[str, str]) -> None:
    answer = await client.get("/api/v1/export", params={"format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.text)))

    assert answer.headers["content-type"].startswith("text/csv")
    assert ",".join(rows[0]) == (
        "ID,Name,Timestamp,Label 1,Score 1,Label 2,Score 2,Label 3,Score 3,"
        "Label 4,Score 4,Label 5,Score 5"
    )
    assert [row[1] for row in rows[1:]] == ["new.jpg", "cat.jpg", "dog.jpg"]
    dog = rows[3]
    assert dog[0] == gallery["dog"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", dog[2])
    assert dog[3:] == [
        "golden_retriever", "90.00%", "Labrador_retriever", "5.00%", "kuvasz", "2.00%",
        "tennis_ball", "1.00%", "collie", "0.50%",
    ]  # fmt: skip
    assert rows[1][3:] == [""] * 10


@pytest.mark.usefixtures("gallery")
async def test_the_csv_holds_what_the_same_search_shows(client: AsyncClient) -> None:
    answer = await client.get("/api/v1/export", params={"q": "cat", "min_score": 0.5})

    assert [row["Name"] for row in csv.DictReader(io.StringIO(answer.text))] == ["cat.jpg"]


@pytest.mark.parametrize("name", ["=1+1.jpg", "+1.jpg", "-1.jpg", "@x.jpg", "＝1.jpg"])
async def test_a_name_that_a_spreadsheet_would_run_is_defused(
    client: AsyncClient, name: str
) -> None:
    await add(client, 1, name)
    answer = await client.get("/api/v1/export")

    assert [row["Name"] for row in csv.DictReader(io.StringIO(answer.text))] == [f"'{name}"]


async def test_limits_are_published(client: AsyncClient, settings: Settings) -> None:
    limits = (await client.get("/api/v1/limits")).json()

    assert limits["max_upload_bytes"] == settings.max_upload_bytes
    assert "image/jpeg" in limits["media_types"]
    assert "csv" in limits["export_formats"]


@pytest.mark.usefixtures("gallery")
async def test_the_status_says_what_waits_and_that_nobody_works(client: AsyncClient) -> None:
    status = (await client.get("/api/v1/status")).json()

    assert (status["images"]["queued"], status["images"]["done"]) == (1, 2)
    assert status["workers"]["state"] == "no_worker"


async def test_readiness_names_each_part(client: AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"  # no worker runs here
    assert {name: check["ok"] for name, check in answer.json()["checks"].items()} == {
        "database": True,
        "objects": True,
        "queue": True,
        "workers": False,
        "model": False,
        "waiting": True,
    }
