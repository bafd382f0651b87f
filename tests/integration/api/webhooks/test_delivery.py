"""A job's end is told to who asked for it: signed, once, until it is taken, not just anywhere."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from httpx import AsyncClient
from standardwebhooks import Webhook

from api.webhooks import dispatcher, http_client
from infra.database.queries.webhooks import MAX_ATTEMPTS
from infra.settings import Settings
from tests.integration.conftest import open_client
from tests.support.factories import execute
from tests.support.gallery import CAT, classify
from tests.support.images import jpeg
from tests.support.webhook_receiver import Receiver, running_receiver

pytestmark = pytest.mark.anyio

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of some secret!").decode()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "EVERY_SECONDS", 0.1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A gallery that signs, and whose receivers may be on this machine."""
    given = {"webhook_secret": SECRET, "webhook_private": True}
    return Settings.model_validate(settings.model_dump(exclude_unset=True) | given)


async def submit(client: AsyncClient, url: str, seed: int = 1, **headers: str) -> Any:
    answer = await client.post(
        "/api/v1/jobs",
        files={"files": (f"{seed}.jpg", jpeg(seed))},
        headers={"Webhook-URL": url} | headers,
    )
    assert answer.status_code == 202, answer.text
    return answer.json()


async def soon(look: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not look():  # noqa: ASYNC110 (what is waited for is in the database)
            await asyncio.sleep(0.05)


def deliveries(settings: Settings) -> list[tuple[object, ...]]:
    url = settings.require_database_url()
    return execute(url, "SELECT state, tries, answer FROM deliveries ORDER BY created_at")


def hurry(settings: Settings) -> None:
    """Let no pause be left before the next try."""
    execute(settings.require_database_url(), "UPDATE deliveries SET due_at = now()")


async def test_the_end_is_told_once_and_signed(settings: Settings, receiver: Receiver) -> None:
    async with open_client(settings) as client, open_client(settings):
        job = await submit(client, receiver.url)
        await asyncio.sleep(0.5)
        assert not receiver.received
        classify(settings, job["items"][0]["image_id"], CAT)
        await soon(lambda: receiver.received)
        await asyncio.sleep(0.5)

    [news] = receiver.received
    assert news.path == "/hook?token=a%20b"
    content = Webhook(SECRET).verify(news.body, news.headers)
    assert content["type"] == "job.ended"
    assert content["data"]["id"] == job["id"]
    assert content["data"]["status"] == "done"
    assert content["data"]["counts"]["done"] == content["data"]["counts"]["total"] == 1
    assert deliveries(settings) == [("delivered", 1, "answered 204")]


async def test_a_receiver_in_trouble_is_told_again_under_the_same_id(
    settings: Settings, receiver: Receiver
) -> None:
    receiver.answers = [500, 503]
    async with open_client(settings) as client:
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        for tries in (1, 2, 3):
            await soon(lambda tries=tries: len(receiver.received) == tries)  # type: ignore[misc]
            hurry(settings)
        await soon(lambda: deliveries(settings) == [("delivered", 3, "answered 204")])

    assert len({each.headers["Webhook-Id"] for each in receiver.received}) == 1
    assert len({each.body for each in receiver.received}) == 1


async def test_a_failed_try_is_not_repeated_at_once(settings: Settings, receiver: Receiver) -> None:
    receiver.answers = [500] * 10
    async with open_client(settings) as client:
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        await soon(lambda: receiver.received)
        await asyncio.sleep(1)

    assert len(receiver.received) == 1
    assert deliveries(settings) == [("waiting", 1, "answered 500")]


async def test_redirects_are_not_followed(settings: Settings, receiver: Receiver) -> None:
    receiver.answers = [302]
    async with open_client(settings) as client:
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        await soon(lambda: deliveries(settings) == [("waiting", 1, "answered 302")])

    assert [each.path for each in receiver.received] == ["/hook?token=a%20b"]


async def test_it_is_given_up_in_the_end(settings: Settings, receiver: Receiver) -> None:
    receiver.answers = [500, 410]
    async with open_client(settings) as client:
        first = await submit(client, receiver.url, 1)
        classify(settings, first["items"][0]["image_id"], CAT)
        await soon(lambda: deliveries(settings) == [("waiting", 1, "answered 500")])
        second = await submit(client, receiver.url, 2)
        classify(settings, second["items"][0]["image_id"], CAT)
        await soon(lambda: ("failed", 1, "answered 410") in deliveries(settings))

        receiver.answers = [500]
        url = settings.require_database_url()
        execute(url, "UPDATE deliveries SET tries = %s", MAX_ATTEMPTS - 1)
        hurry(settings)
        await soon(lambda: ("failed", MAX_ATTEMPTS, "answered 500") in deliveries(settings))
        metrics = (await client.get("/metrics")).text

    assert 'gallery_webhook_deliveries{state="failed"} 2.0' in metrics


async def test_what_is_added_is_told_again(settings: Settings, receiver: Receiver) -> None:
    async with open_client(settings) as client:
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        await soon(lambda: len(receiver.received) == 1)
        more = await client.post(
            f"/api/v1/jobs/{job['id']}/images", files={"files": ("2.jpg", jpeg(2))}
        )
        classify(settings, more.json()["items"][0]["image_id"], CAT)
        await soon(lambda: len(receiver.received) == 2)

    totals = [json.loads(each.body)["data"]["counts"]["total"] for each in receiver.received]
    assert totals == [1, 2]
    assert len({each.headers["Webhook-Id"] for each in receiver.received}) == 2


async def test_what_is_tried_again_is_told_again(settings: Settings, receiver: Receiver) -> None:
    async with open_client(settings) as client:
        job = await submit(client, receiver.url)
        await client.post(f"/api/v1/jobs/{job['id']}/cancel")
        await soon(lambda: len(receiver.received) == 1)
        url = settings.require_database_url()
        execute(
            url, "UPDATE images SET status = 'failed', failure_code = 'x', failure_detail = 'x'"
        )
        await client.post(f"/api/v1/jobs/{job['id']}/retry")
        classify(settings, job["items"][0]["image_id"], CAT)
        await soon(lambda: len(receiver.received) == 2)

    statuses = [json.loads(each.body)["data"]["status"] for each in receiver.received]
    assert statuses == ["cancelled", "done"]


async def test_where_nothing_is_to_be_tried_again_nothing_is_told_again(
    settings: Settings, receiver: Receiver
) -> None:
    async with open_client(settings) as client:
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        await soon(lambda: receiver.received)
        await client.post(f"/api/v1/jobs/{job['id']}/retry")
        await asyncio.sleep(0.5)

    assert len(receiver.received) == 1


async def test_a_submission_sent_twice_is_told_once(settings: Settings, receiver: Receiver) -> None:
    async with open_client(settings) as client:
        job = await submit(client, receiver.url, **{"Idempotency-Key": "once"})
        assert (await submit(client, receiver.url, **{"Idempotency-Key": "once"}))["id"] == job[
            "id"
        ]
        classify(settings, job["items"][0]["image_id"], CAT)
        await soon(lambda: receiver.received)
        await asyncio.sleep(0.5)

    assert len(receiver.received) == 1


async def test_nothing_goes_into_private_networks(settings: Settings, receiver: Receiver) -> None:
    settings = settings.model_copy(update={"webhook_private": False})
    async with open_client(settings) as client:
        refused = await client.post(
            "/api/v1/jobs",
            files={"files": ("1.jpg", jpeg(1))},
            headers={"Webhook-URL": receiver.url},
        )
        # Where a name leads is known only when it is asked for.
        job = await submit(client, f"http://localhost:{receiver.port}/")
        classify(settings, job["items"][0]["image_id"], CAT)
        await soon(lambda: deliveries(settings) and deliveries(settings)[0][2])

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/invalid-request"
    assert deliveries(settings) == [("waiting", 1, "its name leads into a private network")]
    assert not receiver.received


async def test_without_a_secret_there_are_none(settings: Settings) -> None:
    async with open_client(settings.model_copy(update={"webhook_secret": None})) as client:
        refused = await client.post(
            "/api/v1/jobs",
            files={"files": ("1.jpg", jpeg(1))},
            headers={"Webhook-URL": "https://example.org/"},
        )

    assert refused.status_code == 422
    assert "GALLERY_WEBHOOK_SECRET" in refused.json()["detail"]


async def test_a_receiver_that_does_not_answer_is_not_waited_for(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "SECONDS", 0.3)
    receiver.hang.set()
    with pytest.raises(http_client.DeliveryFailedError, match="in time"):
        await http_client.post(receiver.url, {}, b"{}", allow_private=True)
