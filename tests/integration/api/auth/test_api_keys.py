"""Authentication and authorization of every operation, with every kind of key."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest
from httpx2 import AsyncClient

from api.app import create_app
from api.auth.scopes import access_by_operation
from core.credentials import visible_prefix
from infra.database.queries.api_keys import Scope, create_key, list_keys, revoke_key
from infra.database.queries.sessions import MAX_SESSIONS
from infra.settings import Settings
from tests.integration.conftest import open_client
from tests.support.factories import execute
from tests.support.images import jpeg

pytestmark = pytest.mark.anyio

UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"
ACCESS = access_by_operation(create_app(Settings()).routes)


@dataclass(frozen=True)
class Operation:
    """Operation of the OpenAPI schema."""

    name: str
    method: str
    path: str


def operations() -> Iterator[Operation]:
    """Yield all operations from the schema of the application, so that new ones are included."""
    for path, methods in create_app(Settings()).openapi()["paths"].items():
        for method, description in methods.items():
            for parameter in ("job_id", "image_id", "key_id"):
                path = path.replace(f"{{{parameter}}}", UNKNOWN_ID)  # noqa: PLW2901
            yield Operation(description["operationId"], method.upper(), path)


@pytest.fixture
def keys(settings: Settings) -> dict[str, str]:
    """Return one key per scope, and keys that are revoked, expired, unknown or missing."""
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        scopes: list[Scope] = ["read", "submit", "review", "manage"]
        created: dict[str, str] = {scope: create_key(conn, scope, [scope]) for scope in scopes}
        created["revoked"] = create_key(conn, "revoked", scopes)
        revoke_key(conn, created["revoked"])
        created["expired"] = create_key(conn, "old", scopes, valid_for=timedelta(seconds=-1))
    return created | {"wrong": "gal_" + "x" * 43, "none": ""}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def test_every_operation_has_a_scope() -> None:
    assert {operation.name for operation in operations()} == ACCESS.keys()
    assert None not in ACCESS.values(), "declare the scope of each route with @requires"


@pytest.mark.parametrize("kind", ["none", "wrong", "expired", "revoked"])
async def test_request_without_valid_key_is_refused(
    client: AsyncClient, keys: dict[str, str], kind: str
) -> None:
    for each in operations():
        if ACCESS[each.name] == "public":
            continue
        answer = await client.request(each.method, each.path, headers=bearer(keys[kind]))
        assert answer.status_code == 401, each
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["type"] == "/problems/not-authenticated"


@pytest.mark.parametrize("scope", ["read", "submit", "review", "manage"])
async def test_key_is_limited_to_its_scope(
    client: AsyncClient, keys: dict[str, str], scope: str
) -> None:
    for each in operations():
        if ACCESS[each.name] == "public":
            continue
        answer = await client.request(each.method, each.path, headers=bearer(keys[scope]))
        # A key that may delete images may also correct their tags.
        allowed = {scope, "review"} if scope == "manage" else {scope}
        refused = answer.status_code == 403
        assert refused == (ACCESS[each.name] not in allowed), (each, answer.text)
        assert answer.status_code != 401, each


async def test_health_probes_need_no_key(client: AsyncClient, keys: dict[str, str]) -> None:
    assert keys
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code in (200, 503)


async def test_browser_session_starts_and_ends(client: AsyncClient, keys: dict[str, str]) -> None:
    refused = await client.post("/api/v1/session", json={"key": keys["revoked"]})
    assert refused.status_code == 401
    assert keys["revoked"] not in refused.text

    answer = await client.post("/api/v1/session", json={"key": keys["submit"]})
    assert answer.json() == {"name": "submit", "scopes": ["submit"]}
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert keys["submit"] not in answer.text + cookie

    files = {"files": ("a.jpg", jpeg(1))}
    own = await client.post("/api/v1/jobs", files=files, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 202
    assert (await client.get("/api/v1/images")).status_code == 403

    assert (await client.delete("/api/v1/session")).status_code == 204
    assert (await client.post("/api/v1/jobs", files=files)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "none", "Origin": "http://elsewhere.example"},
    ],
    ids=str,
)
async def test_cross_origin_request_is_refused(
    client: AsyncClient, settings: Settings, headers: dict[str, str]
) -> None:
    """Check signed-in sessions and open access from this machine (S19)."""
    files = {"files": ("a.jpg", jpeg(1))}
    assert (await client.post("/api/v1/jobs", files=files, headers=headers)).status_code == 403

    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        key = create_key(conn, "page", ["submit"])
    await client.post("/api/v1/session", json={"key": key})
    assert (await client.post("/api/v1/jobs", files=files, headers=headers)).status_code == 403
    assert execute(settings.require_database_url(), "SELECT count(*) FROM jobs") == [(0,)]


async def test_revoking_a_key_ends_its_sessions(
    client: AsyncClient, settings: Settings, keys: dict[str, str]
) -> None:
    await client.post("/api/v1/session", json={"key": keys["read"]})
    assert (await client.get("/api/v1/images")).status_code == 200

    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        revoke_key(conn, visible_prefix(keys["read"]))
    assert (await client.get("/api/v1/images")).status_code == 401


async def test_sessions_of_a_key_are_limited(
    client: AsyncClient, settings: Settings, keys: dict[str, str]
) -> None:
    """S18: 300 sign-ins left 300 rows."""
    await client.post("/api/v1/session", json={"key": keys["read"]})
    first = client.cookies["gallery_session"]
    for _ in range(MAX_SESSIONS + 5):
        client.cookies.clear()
        await client.post("/api/v1/session", json={"key": keys["read"]})
    client.cookies.clear()
    await client.post("/api/v1/session", json={"key": keys["submit"]})

    counts = execute(
        settings.require_database_url(),
        "SELECT k.name, count(*) FROM sessions s JOIN api_keys k ON k.id = key_id GROUP BY 1",
    )
    assert set(counts) == {("read", MAX_SESSIONS), ("submit", 1)}
    client.cookies.clear()
    client.cookies.set("gallery_session", first)
    assert (await client.get("/api/v1/images")).status_code == 401


async def test_last_use_is_shown_with_address(settings: Settings, keys: dict[str, str]) -> None:
    async with open_client(settings, "192.0.2.7") as client:
        await client.get("/api/v1/images", headers=bearer(keys["read"]))

    with psycopg.connect(settings.require_database_url()) as conn:
        addresses = {key.name: key.last_used_address for key in list_keys(conn)}
    assert (addresses["read"], addresses["manage"]) == ("192.0.2.7", None)


async def test_only_hashes_are_stored(
    client: AsyncClient, settings: Settings, keys: dict[str, str]
) -> None:
    await client.get("/api/v1/images", headers=bearer(keys["read"]))
    await client.post("/api/v1/session", json={"key": keys["read"]})

    url = settings.require_database_url()
    rows = execute(url, "SELECT k::text FROM api_keys k UNION SELECT s::text FROM sessions s")
    stored = str(rows)
    assert keys["read"][:12] in stored
    assert keys["read"][13:] not in stored
    assert client.cookies["gallery_session"] not in stored
    with psycopg.connect(url) as conn:
        used = {key.name: key.last_used_at is not None for key in list_keys(conn)}
    assert used.pop("read")
    assert used.keys() == {"submit", "review", "manage", "revoked", "old"}
    assert not any(used.values())


@pytest.mark.parametrize(
    ("address", "allow_open", "expected"),
    [
        ("127.0.0.1", False, 200),
        ("::1", False, 200),
        ("192.0.2.7", False, 403),
        ("192.0.2.7", True, 200),
    ],
)
async def test_open_access_is_limited_to_loopback(
    settings: Settings, address: str, allow_open: object, expected: int
) -> None:
    settings = settings.model_copy(update={"allow_open": allow_open})
    async with open_client(settings, address) as client:
        assert (await client.get("/api/v1/images")).status_code == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:8000", 200),
        ("gallery.localhost", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("photos.home:8000", 200),
        ("Album", 200),
        ("rebound.example", 403),
        ("127.0.0.1.rebound.example", 403),
        ("localhost.rebound.example:8000", 403),
        ("[nonsense", 403),
        ("x@127.0.0.1", 403),  # S19
        ("127.0.0.1/x", 403),
        ("127.0.0.1#rebound.example", 403),
        ("", 403),
    ],
)
async def test_open_access_is_limited_to_trusted_host_names(
    settings: Settings, host: str, expected: int
) -> None:
    settings = settings.model_copy(update={"allowed_hosts": "photos.home, album"})
    async with open_client(settings) as client:
        answer = await client.get("/api/v1/images", headers={"Host": host})
        sent = await client.post(
            "/api/v1/images/delete",
            json={"all": True},
            headers={"Host": host, "Sec-Fetch-Site": "same-origin"},
        )

    assert (answer.status_code, sent.status_code) == (expected, expected)


async def test_request_with_key_may_use_any_host_name(
    client: AsyncClient, keys: dict[str, str]
) -> None:
    headers = bearer(keys["read"]) | {"Host": "photos.example"}

    assert (await client.get("/api/v1/images", headers=headers)).status_code == 200


async def test_idempotency_keys_are_separate_per_api_key(
    client: AsyncClient, settings: Settings
) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        mine, yours = (create_key(conn, name, ["submit"]) for name in ("mine", "yours"))
    ids = set()
    for key, content in ((mine, jpeg(1)), (yours, jpeg(2)), (mine, jpeg(1))):
        answer = await client.post(
            "/api/v1/jobs",
            files={"files": ("a.jpg", content)},
            headers=bearer(key) | {"Idempotency-Key": "once"},
        )
        assert answer.status_code == 202
        ids.add(answer.json()["id"])

    assert len(ids) == 2
