"""Decisions from the request head, before a body is read."""

import json
from collections.abc import AsyncIterator

import psycopg
import pytest
from httpx2 import AsyncClient, Response
from pydantic import SecretStr

from api.body_size import DEFAULT_BYTES, ID_LIST_BYTES, SIGN_IN_BYTES
from infra.database.queries.api_keys import Scope, create_key
from infra.settings import Settings
from tests.integration.conftest import open_client

pytestmark = pytest.mark.anyio


def key_with(settings: Settings, *scopes: Scope) -> SecretStr:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        return SecretStr(create_key(conn, "test", list(scopes)))


class UnreadBody:
    """Request body that records whether its first byte was read."""

    was_read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.was_read = True
        yield b"{}"


async def post(
    client: AsyncClient, path: str, key: SecretStr | None, body: UnreadBody, **headers: str
) -> Response:
    if key:
        headers["Authorization"] = f"Bearer {key.get_secret_value()}"
    headers["Content-Type"] = "application/json"
    return await client.post(f"/api/v1{path}", content=body, headers=headers)


@pytest.mark.parametrize("path", ["/images/delete", "/images/known", "/export", "/images/rerun"])
async def test_body_of_a_request_without_a_key_is_not_read(settings: Settings, path: str) -> None:
    """Finding S4."""
    key_with(settings, "read")
    body = UnreadBody()
    async with open_client(settings) as client:
        refused = await post(client, path, None, body)

    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/not-authenticated")
    assert not body.was_read


async def test_body_of_a_request_without_the_scope_is_not_read(settings: Settings) -> None:
    """Finding S4."""
    key = key_with(settings, "read")
    body = UnreadBody()
    async with open_client(settings) as client:
        refused = await post(client, "/images/delete", key, body)

    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-allowed")
    assert not body.was_read


async def test_body_over_the_rate_limit_is_not_read(settings: Settings) -> None:
    """Finding S4."""
    key = key_with(settings, "submit")
    limited = settings.model_copy(update={"rate_limit_key": 1})
    body = UnreadBody()
    async with open_client(limited) as client:
        await post(client, "/images/known", key, UnreadBody())
        refused = await post(client, "/images/known", key, body)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert not body.was_read


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/session", SIGN_IN_BYTES),
        ("/images/known", DEFAULT_BYTES),
        ("/images/rerun", DEFAULT_BYTES),
        ("/images/delete", ID_LIST_BYTES),
        ("/export", ID_LIST_BYTES),
    ],
)
async def test_body_over_the_limit_of_its_route_is_not_read(
    client: AsyncClient, path: str, limit: int
) -> None:
    """Finding S4."""
    body = UnreadBody()
    refused = await post(client, path, None, body, **{"Content-Length": str(limit + 1)})

    assert (refused.status_code, refused.json()["type"]) == (413, "/problems/request-too-large")
    assert f"{limit:,} bytes" in refused.json()["detail"]
    assert not body.was_read


async def test_request_is_counted_and_authenticated_once(settings: Settings) -> None:
    key = key_with(settings, "submit")
    limited = settings.model_copy(update={"rate_limit_key": 10})
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"}
    async with open_client(limited) as client:
        found = await client.post("/api/v1/images/known", json={"sha256": []}, headers=headers)

    assert found.headers["ratelimit-remaining"] == "9"


async def test_only_the_first_20_validation_errors_are_returned(client: AsyncClient) -> None:
    """Finding S13."""
    refused = await client.post("/api/v1/images/delete", json={"ids": [0] * 10_000})

    problem = refused.json()
    assert refused.status_code == 422
    assert len(problem["errors"]) == 20
    assert problem["detail"].endswith("; and 9,980 more")
    assert len(json.dumps(problem)) < 10_000
