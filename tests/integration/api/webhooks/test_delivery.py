"""Delivery of webhooks: signature, retries, and refusal of private addresses."""

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import AsyncClient
from standardwebhooks import Webhook

from api.background.runtime import BackgroundRuntime
from api.webhooks import http_client
from api.webhooks.dispatcher import MAX_ATTEMPTS
from infra.settings import Settings
from tests.integration.conftest import open_api, open_client
from tests.support.factories import execute
from tests.support.gallery import CAT, classify
from tests.support.images import jpeg
from tests.support.webhook_receiver import Receiver, running_receiver

pytestmark = pytest.mark.anyio

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of some secret!").decode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings with a signing secret that allow receivers on this machine."""
    given = {"webhook_secret": SECRET, "webhook_private": True}
    return Settings.model_validate(settings.model_dump(exclude_unset=True) | given)


async def submit(client: AsyncClient, url: str, seed: int = 1, *, key: str = "") -> Any:
    answer = await client.post(
        "/api/v1/jobs",
        files={"files": (f"{seed}.jpg", jpeg(seed))},
        headers={"Webhook-URL": url} | ({"Idempotency-Key": key} if key else {}),
    )
    assert answer.status_code == 202, answer.text
    return answer.json()


async def deliver(background: BackgroundRuntime) -> None:
    """Run the dispatcher now and wait until its run has ended."""
    background.wake("webhook_dispatcher")
    assert await background.completed("webhook_dispatcher")


def deliveries(settings: Settings) -> list[tuple[object, ...]]:
    url = settings.require_database_url()
    return execute(url, "SELECT state, tries, answer FROM deliveries ORDER BY created_at")


def make_due(settings: Settings) -> None:
    """Make all deliveries due now."""
    execute(settings.require_database_url(), "UPDATE deliveries SET due_at = now()")


async def test_ended_job_is_delivered_once_and_signed(
    settings: Settings, receiver: Receiver
) -> None:
    async with open_api(settings) as (client, background), open_api(settings) as (_, other):
        job = await submit(client, receiver.url)
        await deliver(background)
        assert not receiver.received
        classify(settings, job["items"][0]["image_id"], CAT)
        await asyncio.gather(deliver(background), deliver(other))
        await deliver(background)

    [event] = receiver.received
    assert event.path == "/hook?token=a%20b"
    content = Webhook(SECRET).verify(event.body, event.headers)
    assert content["type"] == "job.ended"
    assert content["data"]["id"] == job["id"]
    assert content["data"]["status"] == "done"
    assert content["data"]["counts"]["done"] == content["data"]["counts"]["total"] == 1
    assert deliveries(settings) == [("delivered", 1, "HTTP 204")]


async def test_failed_delivery_is_retried_under_same_id(
    settings: Settings, receiver: Receiver
) -> None:
    receiver.answers = [500, 503]
    async with open_api(settings) as (client, background):
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        for _ in range(3):
            await deliver(background)
            make_due(settings)

    assert deliveries(settings) == [("delivered", 3, "HTTP 204")]
    assert len({each.headers["Webhook-Id"] for each in receiver.received}) == 1
    assert len({each.body for each in receiver.received}) == 1


async def test_failed_delivery_is_retried_after_a_pause(
    settings: Settings, receiver: Receiver
) -> None:
    receiver.answers = [500] * 10
    async with open_api(settings) as (client, background):
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        await deliver(background)
        await deliver(background)

    assert len(receiver.received) == 1
    assert deliveries(settings) == [("waiting", 1, "HTTP 500")]


async def test_redirects_are_not_followed(settings: Settings, receiver: Receiver) -> None:
    receiver.answers = [302]
    async with open_api(settings) as (client, background):
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        await deliver(background)

    assert deliveries(settings) == [("waiting", 1, "HTTP 302")]
    assert [each.path for each in receiver.received] == ["/hook?token=a%20b"]


async def test_delivery_fails_after_gone_or_last_attempt(
    settings: Settings, receiver: Receiver
) -> None:
    receiver.answers = [500, 410]
    async with open_api(settings) as (client, background):
        first = await submit(client, receiver.url, 1)
        classify(settings, first["items"][0]["image_id"], CAT)
        await deliver(background)
        assert deliveries(settings) == [("waiting", 1, "HTTP 500")]
        second = await submit(client, receiver.url, 2)
        classify(settings, second["items"][0]["image_id"], CAT)
        await deliver(background)
        assert ("failed", 1, "HTTP 410") in deliveries(settings)

        receiver.answers = [500]
        url = settings.require_database_url()
        execute(url, "UPDATE deliveries SET tries = %s", MAX_ATTEMPTS - 1)
        make_due(settings)
        await deliver(background)
        assert ("failed", MAX_ATTEMPTS, "HTTP 500") in deliveries(settings)
        metrics = (await client.get("/metrics")).text

    assert 'gallery_webhook_deliveries{state="failed"} 2.0' in metrics


async def test_adding_images_causes_another_delivery(
    settings: Settings, receiver: Receiver
) -> None:
    async with open_api(settings) as (client, background):
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        await deliver(background)
        more = await client.post(
            f"/api/v1/jobs/{job['id']}/images", files={"files": ("2.jpg", jpeg(2))}
        )
        classify(settings, more.json()["items"][0]["image_id"], CAT)
        await deliver(background)

    totals = [json.loads(each.body)["data"]["counts"]["total"] for each in receiver.received]
    assert totals == [1, 2]
    assert len({each.headers["Webhook-Id"] for each in receiver.received}) == 2


async def test_retrying_job_causes_another_delivery(settings: Settings, receiver: Receiver) -> None:
    async with open_api(settings) as (client, background):
        job = await submit(client, receiver.url)
        await client.post(f"/api/v1/jobs/{job['id']}/cancel")
        await deliver(background)
        url = settings.require_database_url()
        execute(
            url, "UPDATE images SET status = 'failed', failure_code = 'x', failure_detail = 'x'"
        )
        await client.post(f"/api/v1/jobs/{job['id']}/retry")
        classify(settings, job["items"][0]["image_id"], CAT)
        await deliver(background)

    statuses = [json.loads(each.body)["data"]["status"] for each in receiver.received]
    assert statuses == ["cancelled", "done"]


async def test_retry_without_effect_causes_no_delivery(
    settings: Settings, receiver: Receiver
) -> None:
    async with open_api(settings) as (client, background):
        job = await submit(client, receiver.url)
        classify(settings, job["items"][0]["image_id"], CAT)
        await deliver(background)
        await client.post(f"/api/v1/jobs/{job['id']}/retry")
        await deliver(background)

    assert len(receiver.received) == 1


async def test_repeated_submission_is_delivered_once(
    settings: Settings, receiver: Receiver
) -> None:
    async with open_api(settings) as (client, background):
        job = await submit(client, receiver.url, key="once")
        assert (await submit(client, receiver.url, key="once"))["id"] == job["id"]
        classify(settings, job["items"][0]["image_id"], CAT)
        await deliver(background)
        await deliver(background)

    assert len(receiver.received) == 1


async def test_private_addresses_are_refused(settings: Settings, receiver: Receiver) -> None:
    settings = settings.model_copy(update={"webhook_private": False})
    async with open_api(settings) as (client, background):
        refused = await client.post(
            "/api/v1/jobs",
            files={"files": ("1.jpg", jpeg(1))},
            headers={"Webhook-URL": receiver.url},
        )
        # A host name is resolved only at delivery.
        job = await submit(client, f"http://localhost:{receiver.port}/")
        classify(settings, job["items"][0]["image_id"], CAT)
        await deliver(background)

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/invalid-request"
    assert deliveries(settings) == [("waiting", 1, "the host name resolves to a private address")]
    assert not receiver.received


async def test_webhook_without_secret_is_refused(settings: Settings) -> None:
    async with open_client(settings.model_copy(update={"webhook_secret": None})) as client:
        refused = await client.post(
            "/api/v1/jobs",
            files={"files": ("1.jpg", jpeg(1))},
            headers={"Webhook-URL": "https://example.org/"},
        )

    assert refused.status_code == 422
    assert "GALLERY_WEBHOOK_SECRET" in refused.json()["detail"]


async def test_request_without_response_times_out(receiver: Receiver) -> None:
    receiver.hang.set()
    with pytest.raises(http_client.DeliveryFailedError, match="in time"):
        await http_client.post(receiver.url, {}, b"{}", allow_private=True, timeout_seconds=0.3)


async def test_silent_receiver_does_not_delay_others(
    settings: Settings, receiver: Receiver
) -> None:
    """S10: eight deliveries to a silent receiver held all others for the time limit."""
    with running_receiver() as silent:
        silent.hang.set()
        async with open_api(settings) as (client, background):
            for seed in range(12):
                job = await submit(client, silent.url, seed)
                classify(settings, job["items"][0]["image_id"], CAT)
            await deliver(background)
            assert 0 < len(silent.received) < 12
            job = await submit(client, receiver.url, 12)
            classify(settings, job["items"][0]["image_id"], CAT)
            await deliver(background)

            assert len(receiver.received) == 1
            assert {state for state, _, _ in deliveries(settings)} == {"waiting", "delivered"}
