"""Training of custom tags: what images have afterwards, and after interruptions."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from httpx2 import AsyncClient

from infra.database.pool import WorkerConnection
from infra.database.queries import tag_scores
from infra.settings import Settings
from tests.support.factories import execute, submit_rows
from tests.support.taught import MODEL, Taught, fill, settle
from worker.teaching.task import TeachingLimits, retrain_for_model, teach_tag

pytestmark = pytest.mark.anyio

HAT = "custom:hat"
# A small part of the gallery, as in a gallery of many images.
LIMITS = TeachingLimits(others=60)


@pytest.fixture
async def taught(settings: Settings, client: AsyncClient) -> Taught:
    """A gallery in which five of fourteen hats are confirmed and two other images rejected."""
    gallery = await fill(settings, showing=14, others=180)
    for image_id in gallery.showing[:5]:
        await decide(client, image_id, "confirmed")
    for image_id in gallery.others[:2]:
        await decide(client, image_id, "rejected")
    return gallery


@pytest.fixture
def connection(settings: Settings) -> Iterator[WorkerConnection]:
    connection = WorkerConnection(settings.require_database_url(), name="worker under test")
    yield connection
    connection.close()


async def decide(client: AsyncClient, image_id: object, verdict: str) -> None:
    path = f"/api/v1/images/{image_id}/verdicts/{HAT}"
    response = await client.put(path, json={"verdict": verdict})
    assert response.status_code == 200, response.text


def teach(connection: WorkerConnection, limits: TeachingLimits = LIMITS) -> bool:
    return teach_tag(connection, 10_000, model=MODEL, limits=limits)


async def hats(client: AsyncClient) -> dict[str, dict[str, Any]]:
    """Return the tag `hat` of each image that a search for it finds, by image id."""
    found = (await client.get("/api/v1/images", params={"q": "hat", "limit": 500})).json()
    return {
        image["id"]: tag
        for image in found["items"]
        for tag in image["tags"]
        if tag["tag"] == HAT and tag["verdict"] != "rejected"
    }


def ids(images: Any) -> set[str]:
    return {str(each) for each in images}


async def test_trained_tag_is_found_on_images_that_show_it(
    client: AsyncClient, connection: WorkerConnection, taught: Taught
) -> None:
    assert teach(connection)

    found = await hats(client)
    learned = {key: tag for key, tag in found.items() if tag["source"] == "learned"}
    assert ids(taught.showing[:5]) == found.keys() - learned.keys()
    assert learned
    assert learned.keys() <= ids(taught.showing)
    assert all(0 < tag["score"] <= 1 and tag["kind"] == "custom" for tag in learned.values())


async def test_learned_tags_leave_predictions_and_categories_alone(
    client: AsyncClient, connection: WorkerConnection, taught: Taught
) -> None:
    url = f"/api/v1/images/{taught.showing[-1]}"
    before = (await client.get(url)).json()

    teach(connection)

    after = (await client.get(url)).json()
    assert any(tag["source"] == "learned" for tag in after["tags"])
    assert after["predictions"] == before["predictions"]
    assert after["categories"] == before["categories"]


async def test_training_is_not_repeated_without_new_examples(
    connection: WorkerConnection, taught: Taught
) -> None:
    assert taught
    assert teach(connection)
    assert not teach(connection)


async def test_rejected_suggestion_loses_the_learned_tag(
    client: AsyncClient, connection: WorkerConnection, taught: Taught
) -> None:
    assert taught
    teach(connection)
    wrong = next(key for key, tag in (await hats(client)).items() if tag["source"] == "learned")

    await decide(client, wrong, "rejected")
    assert wrong not in await hats(client)

    teach(connection)
    assert wrong not in await hats(client)


async def test_new_image_gets_the_learned_tag_when_it_is_classified(
    settings: Settings, client: AsyncClient, connection: WorkerConnection, taught: Taught
) -> None:
    assert taught
    teach(connection)
    shows, lacks = (await submit_rows(settings.require_database_url(), "new", "other")).image_ids

    settle(settings, [(shows, True), (lacks, False)])

    found = await hats(client)
    assert found[str(shows)]["source"] == "learned"
    assert str(lacks) not in found


async def test_image_classified_during_the_scoring_is_scored(
    settings: Settings,
    client: AsyncClient,
    connection: WorkerConnection,
    taught: Taught,
) -> None:
    """Its id may lie before the images that are scored next."""
    assert taught
    url = settings.require_database_url()
    (early,) = (await submit_rows(url, "early")).image_ids
    await fill(settings, showing=0, others=5, name="later")
    part = TeachingLimits(others=60, part=198, slice_seconds=-1.0)
    assert not teach(connection, part)  # the part ends after `early`

    settle(settings, [(early, True)])

    assert teach(connection)
    assert str(early) in await hats(client)


async def test_no_image_has_the_tag_until_all_are_scored_and_scoring_resumes(
    settings: Settings,
    client: AsyncClient,
    connection: WorkerConnection,
    taught: Taught,
) -> None:
    part = TeachingLimits(others=60, part=80, slice_seconds=-1.0)

    assert not teach(connection, part)
    assert not teach(connection, part)
    assert (await hats(client)).keys() == ids(taught.showing[:5])
    scored = execute(
        settings.require_database_url(), "SELECT scored_to IS NOT NULL FROM custom_tags"
    )
    assert scored == [(True,)]

    assert teach(connection)
    assert len(await hats(client)) > 5


async def test_worker_that_lost_its_lease_publishes_nothing(
    settings: Settings,
    client: AsyncClient,
    connection: WorkerConnection,
    taught: Taught,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = settings.require_database_url()
    publish = tag_scores.publish

    def publish_late(conn: psycopg.Connection, *args: Any, **options: Any) -> Any:
        execute(url, "UPDATE custom_tags SET lease = gen_random_uuid()")
        return publish(conn, *args, **options)

    monkeypatch.setattr(tag_scores, "publish", publish_late)

    assert not teach(connection)
    assert (await hats(client)).keys() == ids(taught.showing[:5])


async def test_examples_alone_decide_the_bytes_of_the_classifier(
    settings: Settings, client: AsyncClient, connection: WorkerConnection, taught: Taught
) -> None:
    """The same verdicts in another order give the same classifier."""
    teach(connection)
    url, query = settings.require_database_url(), "SELECT classifier FROM custom_tags"
    first = execute(url, query)

    for image_id in reversed(taught.showing[:5]):
        await decide(client, image_id, "rejected")
    for image_id in taught.showing[:5]:
        await decide(client, image_id, "confirmed")
    assert teach(connection)

    assert execute(url, query) == first


async def test_another_model_version_trains_the_tag_again(
    settings: Settings, connection: WorkerConnection, taught: Taught
) -> None:
    assert taught
    teach(connection)
    url = settings.require_database_url()
    execute(url, "UPDATE images SET model = 'next'")

    retrain_for_model(connection, "next")

    assert teach_tag(connection, 10_000, model="next", limits=LIMITS)
    assert execute(url, "SELECT classifier ->> 'model' FROM custom_tags") == [("next",)]


async def test_tag_with_too_few_examples_leaves_no_learned_tags(
    client: AsyncClient, connection: WorkerConnection, taught: Taught
) -> None:
    teach(connection)
    for image_id in taught.showing[:3]:
        response = await client.delete(f"/api/v1/images/{image_id}/verdicts/{HAT}")
        assert response.status_code == 200

    assert teach(connection)

    assert (await hats(client)).keys() == ids(taught.showing[3:5])
