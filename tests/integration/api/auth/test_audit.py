"""The audit trail: which requests leave which events, in the log and in the table (S9)."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
import structlog
from httpx2 import AsyncClient
from structlog.testing import capture_logs

from api.background.audit_trail import MAX_REFUSED, AuditTrail
from api.background.runtime import BackgroundRuntime
from infra.database.pool import open_database
from infra.database.queries.api_keys import create_key
from infra.database.queries.audit import AuditEvent, EventFilter, delete_old_events, list_events
from infra.settings import Settings
from tests.integration.conftest import open_api
from tests.support.factories import execute
from tests.support.gallery import add

pytestmark = pytest.mark.anyio

UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"
ADDRESS = "192.0.2.7"


@pytest.fixture
def key(settings: Settings) -> str:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        return create_key(conn, "laptop", ["read", "submit", "manage"])


async def events_of(client: AsyncClient, background: BackgroundRuntime, **query: str) -> list[Any]:
    """Return the audit events, oldest first, after the trail was written."""
    assert await background.completed("audit_trail")
    answer = await client.get("/api/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    return list(reversed(answer.json()["items"]))


async def test_changes_are_recorded_with_key_address_object_and_number(
    settings: Settings, key: str
) -> None:
    async with open_api(settings, ADDRESS) as (client, background):
        client.headers["Authorization"] = f"Bearer {key}"
        image_id, other = await add(client, 1), await add(client, 2)
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
            deleted = await client.delete(f"/api/v1/images/{image_id}")
            await client.post(f"/api/v1/images/{image_id}/restore")
            await client.post("/api/v1/images/delete", json={"all": True})
            await client.post("/api/v1/images/purge", json={"ids": [other]})
            await client.get("/api/v1/export?format=jsonl")
        events = await events_of(client, background)

    assert [(each["event"], each["outcome"], each["count"]) for each in events] == [
        ("images.deleted", "done", 1),
        ("images.restored", "done", 1),
        ("images.deleted", "done", 2),
        ("images.purged", "done", 1),
        ("images.exported", "done", 0),
    ]
    assert {(each["key_name"], each["address"]) for each in events} == {("laptop", ADDRESS)}
    assert events[0]["details"] == {"image_ids": [image_id]}
    assert events[0]["request_id"] == deleted.headers["x-request-id"]
    logged = [line for line in lines if line["event"] == "images.deleted"]
    assert [(line["key"], line["client"], line["count"]) for line in logged] == [
        ("laptop", ADDRESS, 1),
        ("laptop", ADDRESS, 2),
    ]
    assert key not in str(lines) + str(events)


async def test_action_without_effect_leaves_no_event(settings: Settings) -> None:
    async with open_api(settings) as (client, background):
        missing = await client.delete(f"/api/v1/images/{UNKNOWN_ID}")
        await client.post("/api/v1/images/delete", json={"ids": [UNKNOWN_ID]})
        await client.post("/api/v1/images/purge", json={"all": True})

        assert missing.status_code == 404
        assert await events_of(client, background) == []


async def test_sign_in_and_sign_out_are_recorded(settings: Settings, key: str) -> None:
    async with open_api(settings, ADDRESS) as (client, background):
        wrong = await client.post("/api/v1/session", json={"key": "gal_" + "x" * 43})
        await client.post("/api/v1/session", json={"key": key})
        await client.delete("/api/v1/session")
        client.headers["Authorization"] = f"Bearer {key}"
        events = await events_of(client, background, event="session")

    assert wrong.status_code == 401
    assert [(each["event"], each["outcome"], each["key_name"]) for each in events] == [
        ("session.refused", "refused", None),
        ("session.started", "done", "laptop"),
        ("session.ended", "done", "laptop"),
    ]


async def test_refusals_are_sampled_per_address(settings: Settings, key: str) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        reader = create_key(conn, "reader", ["read"])
    async with open_api(settings, ADDRESS) as (client, _):
        with capture_logs() as lines:
            for _number in range(20):
                assert (await client.get("/api/v1/images")).status_code == 401
            headers = {"Authorization": f"Bearer {reader}"}
            path = f"/api/v1/images/{UNKNOWN_ID}"
            assert (await client.delete(path, headers=headers)).status_code == 403
    refused = [line for line in lines if line["event"] == "request.refused"]
    assert [line["reason"] for line in refused] == ["not-authenticated", "not-allowed"]

    async with open_api(settings) as (client, background):  # the first API wrote at its end
        client.headers["Authorization"] = f"Bearer {key}"
        events = await events_of(client, background, event="request.refused")
    found = [(each["details"]["reason"], each["count"], each["key_name"]) for each in events]
    assert sorted(found) == [
        ("not-allowed", 1, "reader"),
        ("not-authenticated", 1, None),
        ("not-authenticated", 19, None),
    ]
    assert {each["address"] for each in events} == {ADDRESS}


async def test_refusals_of_many_addresses_need_bounded_memory(settings: Settings) -> None:
    async with open_database(settings.require_database_url(), name="test") as database:
        trail = AuditTrail(database)
        for number in range(MAX_REFUSED + 500):
            event = AuditEvent(event="request.refused", outcome="refused", details={"reason": "x"})
            trail.refuse(f"client {number}", event)
        await trail.close()

    rows = execute(settings.require_database_url(), "SELECT count(*), sum(count) FROM audit_events")
    assert rows == [(MAX_REFUSED + 2, MAX_REFUSED + 500)]


async def test_request_does_not_wait_for_the_table(settings: Settings, key: str) -> None:
    """Events wait in memory while the table cannot be written, and none is lost."""
    url = settings.require_database_url()
    async with open_api(settings) as (client, background):
        client.headers["Authorization"] = f"Bearer {key}"
        image_id = await add(client, 1)
        execute(url, "ALTER TABLE audit_events RENAME TO away")
        answer = await client.delete(f"/api/v1/images/{image_id}")
        assert answer.status_code == 204
        assert not await background.completed("audit_trail")
        execute(url, "ALTER TABLE away RENAME TO audit_events")
        while not await background.completed("audit_trail"):
            pass
        [event] = await events_of(client, background)
    assert event["event"] == "images.deleted"


async def test_trail_is_paged_and_filtered(settings: Settings, key: str) -> None:
    async with open_api(settings) as (client, background):
        client.headers["Authorization"] = f"Bearer {key}"
        image_id = await add(client, 1)
        for _ in range(3):
            await client.delete(f"/api/v1/images/{image_id}")
            await client.post(f"/api/v1/images/{image_id}/restore")
        assert len(await events_of(client, background, event="images")) == 6
        assert len(await events_of(client, background, event="images.deleted")) == 3
        assert await events_of(client, background, key="other") == []
        assert await events_of(client, background, since="2999-01-01T00:00:00Z") == []
        pages: list[list[Any]] = []
        cursor = None
        while not pages or cursor:
            params = {"limit": 4} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/api/v1/audit", params=params)).json()
            pages.append(page["items"])
            cursor = page["next"]
    assert [len(page) for page in pages] == [4, 2]
    assert len({each["id"] for page in pages for each in page}) == 6


async def test_old_events_are_deleted(settings: Settings) -> None:
    async with open_database(settings.require_database_url(), name="test") as database:
        trail = AuditTrail(database)
        for name in ("old.recorded", "new.recorded"):
            trail.add(AuditEvent(event=name))
        await trail.close()
        execute(
            settings.require_database_url(),
            "UPDATE audit_events SET at = at - interval '91 days' WHERE event = 'old.recorded'",
        )
        async with database.connection() as conn:
            await delete_old_events(conn, timedelta(days=90))
            left = await list_events(conn, EventFilter())
    assert [each.event for each in left] == ["new.recorded"]
