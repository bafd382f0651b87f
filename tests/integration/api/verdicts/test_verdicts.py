"""Decisions on the tags of one image over HTTP."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from infra.settings import Settings
from tests.support.factories import execute
from tests.support.gallery import CAT, DOG, add, classify

pytestmark = pytest.mark.anyio

GOLDEN, LABRADOR, TABBY = "n02099601", "n02099712", "n02123045"
DOG_CATEGORY, ANIMAL, CAT_CATEGORY = "n02084071", "n00015388", "n02121808"


async def decide(
    client: AsyncClient, image_id: str, tag: str, verdict: str = "confirmed", **headers: str
) -> dict[str, Any]:
    response = await client.put(
        f"/api/v1/images/{image_id}/verdicts/{tag}", json={"verdict": verdict}, headers=headers
    )
    assert response.status_code == 200, response.text
    return dict(response.json())


async def find(client: AsyncClient, q: str) -> list[str]:
    response = await client.get("/api/v1/images", params={"q": q})
    assert response.status_code == 200, response.text
    return [item["name"] for item in response.json()["items"]]


def tags_of(image: dict[str, Any], verdict: str | None = "") -> dict[str, Any]:
    """Return the tags of an image by key: those that are present, or those with a verdict."""
    return {
        each["tag"]: each
        for each in image["tags"]
        if (each["verdict"] != "rejected" if verdict == "" else each["verdict"] == verdict)
    }


async def test_confirmed_tag_and_its_categories_are_present_with_score_1(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    image = await decide(client, gallery["dog"], LABRADOR)

    confirmed = tags_of(image)[LABRADOR]
    assert (confirmed["score"], confirmed["source"]) == (1, "person")
    assert confirmed["verdict"] == "confirmed"
    assert image["tags"][0] == confirmed
    category = tags_of(image)[DOG_CATEGORY]
    assert (category["score"], category["source"], category["verdict"]) == (1, "person", None)
    assert tags_of(image)[GOLDEN]["source"] == "model"
    assert await find(client, '"dog" score:>=1') == ["dog.jpg"]


async def test_rejected_category_removes_all_tags_below_it(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    image = await decide(client, gallery["dog"], DOG_CATEGORY, "rejected")

    assert [each["label"] for each in tags_of(image).values()] == ["tennis ball"]
    assert list(tags_of(image, "rejected")) == [DOG_CATEGORY]
    assert await find(client, "retriever") == []
    assert await find(client, "tennis") == ["cat.jpg", "dog.jpg"]


async def test_predictions_remain_the_record_of_the_model(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    before = (await client.get(f"/api/v1/images/{gallery['dog']}")).json()
    csv = (await client.get("/api/v1/export")).text

    await decide(client, gallery["dog"], ANIMAL, "rejected")
    after = await decide(client, gallery["dog"], TABBY)

    assert after["predictions"] == before["predictions"]
    assert after["categories"] == before["categories"]
    assert (await client.get("/api/v1/export")).text == csv
    job = (await client.get("/api/v1/jobs")).json()["items"][-1]
    items = (await client.get(f"/api/v1/jobs/{job['id']}")).json()["items"]
    assert items[0]["predictions"] == before["predictions"]


async def test_withdrawn_decision_leaves_the_tags_of_the_model(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    path = f"/api/v1/images/{gallery['dog']}"
    before = (await client.get(path)).json()

    await decide(client, gallery["dog"], TABBY)
    await decide(client, gallery["dog"], GOLDEN, "rejected")
    for tag in (TABBY, GOLDEN):
        response = await client.delete(f"{path}/verdicts/{tag}")

    assert response.json() == before == (await client.get(path)).json()


async def test_last_of_two_contradicting_decisions_wins(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    await decide(client, gallery["dog"], GOLDEN)
    image = await decide(client, gallery["dog"], DOG_CATEGORY, "rejected")
    assert GOLDEN not in tags_of(image)

    image = await decide(client, gallery["dog"], LABRADOR)
    assert {LABRADOR, DOG_CATEGORY, GOLDEN} <= tags_of(image).keys()
    assert tags_of(image, "rejected") == {}
    assert list(tags_of(image, "confirmed")) == [LABRADOR]


async def test_history_lists_all_decisions_newest_first(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    await decide(client, gallery["dog"], GOLDEN)
    await decide(client, gallery["dog"], GOLDEN)
    await decide(client, gallery["dog"], DOG_CATEGORY, "rejected")

    response = await client.get(f"/api/v1/images/{gallery['dog']}/verdicts")
    entries = response.json()["items"]
    assert sorted((each["tag"], str(each["verdict"])) for each in entries[:2]) == [
        (DOG_CATEGORY, "rejected"),
        (GOLDEN, "None"),
    ]
    assert [(each["tag"], each["verdict"]) for each in entries[2:]] == [(GOLDEN, "confirmed")]
    assert {each["model"] for each in entries} == {"test"}


async def test_decision_on_an_outdated_image_is_refused(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    path = f"/api/v1/images/{gallery['dog']}"
    etag = (await client.get(path)).headers["etag"]
    await decide(client, gallery["dog"], TABBY, **{"If-Match": etag})

    for method, body in (("PUT", {"verdict": "rejected"}), ("DELETE", None)):
        response = await client.request(
            method, f"{path}/verdicts/{GOLDEN}", headers={"If-Match": etag}, json=body
        )
        assert response.status_code == 412
        assert response.json()["type"] == "/problems/precondition-failed"
    assert tags_of((await client.get(path)).json(), "rejected") == {}


@pytest.mark.parametrize("tag", ["n99999999", "dog", "custom:nothing"])
async def test_rejection_of_an_unknown_tag_is_not_found(
    client: AsyncClient, gallery: dict[str, str], tag: str
) -> None:
    path = f"/api/v1/images/{gallery['dog']}/verdicts/{tag}"
    assert (await client.put(path, json={"verdict": "rejected"})).status_code == 404


@pytest.mark.parametrize("slug", ["", "Lace", "two words", "a--b", "-a", "x" * 61])
async def test_malformed_slug_is_refused(
    client: AsyncClient, gallery: dict[str, str], slug: str
) -> None:
    path = f"/api/v1/images/{gallery['dog']}/verdicts/custom:{slug}"
    assert (await client.put(path, json={"verdict": "confirmed"})).status_code == 422


async def test_custom_tag_is_created_by_confirming_it_and_found_by_its_name(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    image = await decide(client, gallery["dog"], "custom:holiday-2026")

    tag = tags_of(image)["custom:holiday-2026"]
    assert (tag["label"], tag["kind"], tag["source"]) == ("holiday 2026", "custom", "person")
    response = await client.get("/api/v1/images", params={"q": "holiday", "facets": 20})
    [found] = response.json()["items"]
    assert found["matches"][0]["label"] == "holiday 2026"
    assert "holiday 2026" in [each["label"] for each in response.json()["facets"]["items"]]
    suggested = (await client.get("/api/v1/tags", params={"q": "holi"})).json()["items"]
    assert [(each["label"], each["kind"], each["count"]) for each in suggested] == [
        ("holiday 2026", "custom", 1)
    ]
    exported = await client.get("/api/v1/export", params={"q": "holiday"})
    assert exported.text.count("\n") == 2

    await decide(client, gallery["dog"], "custom:holiday-2026", "rejected")
    assert await find(client, "holiday") == []


async def test_counts_of_tags_follow_decisions(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    async def count(label: str) -> int:
        items = (await client.get("/api/v1/tags", params={"q": label})).json()["items"]
        return next((each["count"] for each in items if each["label"] == label), 0)

    assert (await count("tennis ball"), await count("lynx")) == (2, 1)
    await decide(client, gallery["dog"], "n02127052")
    await decide(client, gallery["cat"], "n04409515", "rejected")
    assert (await count("tennis ball"), await count("lynx")) == (1, 2)


async def test_decision_on_a_waiting_image_takes_effect_when_it_is_classified(
    client: AsyncClient, gallery: dict[str, str], settings: Settings
) -> None:
    assert (await decide(client, gallery["new"], TABBY))["tags"] == []

    classify(settings, gallery["new"], DOG)
    image = (await client.get(f"/api/v1/images/{gallery['new']}")).json()
    assert tags_of(image)[TABBY]["verdict"] == "confirmed"
    assert image["predictions"][0]["label"] == "golden_retriever"


async def test_decisions_survive_classification_by_another_model(
    client: AsyncClient, gallery: dict[str, str], settings: Settings
) -> None:
    await decide(client, gallery["dog"], GOLDEN)
    await decide(client, gallery["dog"], "n04409515", "rejected")
    await client.post("/api/v1/images/rerun", json={"scope": "found", "q": "name:dog.jpg"})
    classify(settings, gallery["dog"], CAT)

    image = (await client.get(f"/api/v1/images/{gallery['dog']}")).json()
    assert image["predictions"][0]["label"] == "Egyptian_cat"
    assert list(tags_of(image, "confirmed")) == [GOLDEN]
    assert list(tags_of(image, "rejected")) == ["n04409515"]
    assert await find(client, '"golden retriever" "egyptian cat"') == ["dog.jpg"]


async def test_decisions_survive_purging_and_uploading_again(
    client: AsyncClient, gallery: dict[str, str], settings: Settings
) -> None:
    await decide(client, gallery["dog"], TABBY)
    await client.delete(f"/api/v1/images/{gallery['dog']}")
    assert (await client.post("/api/v1/images/purge", json={"all": True})).json()["purged"] == 1

    image_id = await add(client, 0, "dog.jpg")
    assert image_id != gallery["dog"]
    classify(settings, image_id, DOG)
    assert await find(client, "tabby score:>=1") == ["dog.jpg"]
    history = (await client.get(f"/api/v1/images/{image_id}/verdicts")).json()["items"]
    assert [each["verdict"] for each in history] == ["confirmed"]


async def test_worker_of_the_previous_version_does_not_undo_decisions(
    client: AsyncClient, gallery: dict[str, str], settings: Settings
) -> None:
    """It writes the tags of the model without knowing of verdicts."""
    await decide(client, gallery["dog"], TABBY)
    url = settings.require_database_url()
    execute(url, "UPDATE images SET status = 'queued' WHERE id = %s", gallery["dog"])
    execute(
        url,
        "UPDATE images SET status = 'done', classified_at = now(), tags = '{285}', scores = '{0.5}'"
        " WHERE id = %s",
        gallery["dog"],
    )

    image = (await client.get(f"/api/v1/images/{gallery['dog']}")).json()
    assert [each["label"] for each in image["predictions"]] == ["Egyptian_cat"]
    assert tags_of(image)[TABBY]["verdict"] == "confirmed"


async def test_images_are_found_by_their_verdicts(
    client: AsyncClient, gallery: dict[str, str]
) -> None:
    await decide(client, gallery["dog"], GOLDEN)
    await decide(client, gallery["cat"], TABBY, "rejected")

    assert await find(client, "verdict:confirmed") == ["dog.jpg"]
    assert await find(client, "verdict:rejected") == ["cat.jpg"]
    assert await find(client, "verdict:any") == ["cat.jpg", "dog.jpg"]
    assert await find(client, "verdict:none") == ["new.jpg"]
    assert await find(client, "by:person") == ["dog.jpg"]
