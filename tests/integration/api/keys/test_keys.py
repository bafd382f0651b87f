"""API keys over HTTP: creation, rotation and revocation, and the limits of what a key may give."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from httpx2 import AsyncClient

from infra.database.queries.api_keys import Scope, create_key
from infra.settings import Settings
from tests.integration.conftest import open_client
from tests.support.factories import execute

pytestmark = pytest.mark.anyio

UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"
ALL: list[Scope] = ["read", "submit", "manage"]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def make_key(settings: Settings, scopes: list[Scope], days: int | None = None) -> dict[str, str]:
    """Create a key in the database and return the headers of its requests."""
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        valid_for = timedelta(days=days) if days else None
        return bearer(create_key(conn, "admin", scopes, valid_for=valid_for))


def days_left(key: Any) -> int:
    left: timedelta = datetime.fromisoformat(key["expires_at"]) - datetime.now(UTC)
    return round(left.total_seconds() / 86400)


async def test_created_key_works_is_listed_and_expires_after_90_days(
    client: AsyncClient, settings: Settings
) -> None:
    admin = make_key(settings, ALL)
    body = {"name": "phone", "scopes": ["read"]}
    answer = await client.post("/api/v1/keys", json=body, headers=admin)
    created = answer.json()

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert days_left(created) == 90
    assert (await client.get("/api/v1/images", headers=bearer(created["key"]))).is_success
    listed = (await client.get("/api/v1/keys", headers=admin)).json()["items"]
    assert [(key["name"], key["scopes"], key["is_own"]) for key in listed] == [
        ("admin", ALL, True),
        ("phone", ["read"], False),
    ]
    assert created["key"] not in str(listed)
    assert listed[1]["prefix"] == created["key"][:12]


async def test_key_with_manage_can_give_the_scope_review_that_it_includes(
    client: AsyncClient, settings: Settings
) -> None:
    body = {"name": "editor", "scopes": ["read", "review"]}
    answer = await client.post("/api/v1/keys", json=body, headers=make_key(settings, ALL))

    assert answer.status_code == 201


async def test_key_cannot_create_a_key_with_more_scopes(
    client: AsyncClient, settings: Settings
) -> None:
    admin = make_key(settings, ["manage"])
    for scopes in (["read"], ["manage", "submit"], ALL):
        body = {"name": "more", "scopes": scopes}
        assert (await client.post("/api/v1/keys", json=body, headers=admin)).status_code == 403
    body = {"name": "same", "scopes": ["manage"]}
    assert (await client.post("/api/v1/keys", json=body, headers=admin)).status_code == 201


@pytest.mark.parametrize("days", [None, 365, 5])
async def test_key_cannot_create_a_key_that_expires_later(
    client: AsyncClient, settings: Settings, days: int | None
) -> None:
    admin = make_key(settings, ALL, days=10)
    body = {"name": "later", "days": days}
    created = (await client.post("/api/v1/keys", json=body, headers=admin)).json()

    assert days_left(created) == min(days or 10, 10)


async def test_key_cannot_rotate_a_key_with_more_scopes(
    client: AsyncClient, settings: Settings
) -> None:
    make_key(settings, ALL)
    admin = make_key(settings, ["manage"])
    keys = (await client.get("/api/v1/keys", headers=admin)).json()["items"]
    path = f"/api/v1/keys/{keys[0]['id']}/rotate"

    assert (await client.post(path, json={}, headers=admin)).status_code == 403


async def test_rotated_key_remains_valid_for_the_overlap(
    client: AsyncClient, settings: Settings
) -> None:
    admin = make_key(settings, ALL)
    body = {"name": "phone", "scopes": ["read"]}
    old = (await client.post("/api/v1/keys", json=body, headers=admin)).json()
    path = f"/api/v1/keys/{old['id']}/rotate"
    new = (await client.post(path, json={"overlap_hours": 48}, headers=admin)).json()

    assert (new["name"], new["scopes"]) == ("phone", ["read"])
    for key in (old["key"], new["key"]):
        assert (await client.get("/api/v1/images", headers=bearer(key))).is_success
    listed = (await client.get("/api/v1/keys", headers=admin)).json()["items"]
    assert {days_left(key) for key in listed if key["name"] == "phone"} == {2, 90}

    ended = (await client.post(path, json={"overlap_hours": 0}, headers=admin)).json()
    assert (await client.get("/api/v1/images", headers=bearer(old["key"]))).status_code == 401
    assert (await client.post(path, json={}, headers=admin)).status_code == 422
    assert (await client.get("/api/v1/images", headers=bearer(ended["key"]))).is_success


async def test_revoked_key_is_refused_at_once(client: AsyncClient, settings: Settings) -> None:
    admin = make_key(settings, ALL)
    created = (await client.post("/api/v1/keys", json={"name": "x"}, headers=admin)).json()

    assert (await client.delete(f"/api/v1/keys/{created['id']}", headers=admin)).status_code == 204
    assert (await client.get("/api/v1/images", headers=bearer(created["key"]))).status_code == 401
    assert (await client.delete(f"/api/v1/keys/{UNKNOWN_ID}", headers=admin)).status_code == 404


async def test_changes_of_keys_are_audited(client: AsyncClient, settings: Settings) -> None:
    admin = make_key(settings, ALL)
    created = (await client.post("/api/v1/keys", json={"name": "x"}, headers=admin)).json()
    await client.post(f"/api/v1/keys/{created['id']}/rotate", json={}, headers=admin)
    await client.delete(f"/api/v1/keys/{created['id']}", headers=admin)

    rows = execute(
        settings.require_database_url(),
        "SELECT event, key_name, address, details ->> 'name' FROM audit_events ORDER BY at",
    )
    assert rows == [
        (f"key.{what}", "admin", "127.0.0.1", "x") for what in ("created", "rotated", "revoked")
    ]


async def test_first_key_can_be_created_from_this_machine_only(settings: Settings) -> None:
    settings = settings.model_copy(update={"allow_open": True})
    body = {"name": "first", "scopes": ALL}
    async with open_client(settings, "192.0.2.7") as client:
        assert (await client.post("/api/v1/keys", json=body)).status_code == 403
    async with open_client(settings) as client:
        created = await client.post("/api/v1/keys", json=body)
        assert created.status_code == 201
    async with open_client(settings) as client:
        assert (await client.get("/api/v1/images")).status_code == 401
        key = created.json()["key"]
        assert (await client.get("/api/v1/images", headers=bearer(key))).is_success


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\nb", "x" * 101])
async def test_unsuitable_name_is_refused(
    client: AsyncClient, settings: Settings, name: str
) -> None:
    answer = await client.post("/api/v1/keys", json={"name": name}, headers=make_key(settings, ALL))

    assert answer.status_code == 422
