"""Nobody gets in who may not: the route table, walked with every kind of key."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest
import structlog
from httpx import AsyncClient
from structlog.testing import capture_logs

from api.app import create_app
from api.auth.scopes import PUBLIC, SCOPES
from core.credentials import visible_prefix
from infra.database.queries.api_keys import create_key, list_keys, revoke_key
from infra.settings import Settings
from tests.integration.conftest import open_client
from tests.support.factories import execute
from tests.support.images import jpeg

pytestmark = pytest.mark.anyio

SOMEBODY = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Operation:
    """A call of the API as its own description has it."""

    name: str
    method: str
    path: str


def operations() -> Iterator[Operation]:
    """Every call there is, from the application itself: a new one cannot be forgotten."""
    for path, methods in create_app(Settings()).openapi()["paths"].items():
        for method, description in methods.items():
            for parameter in ("job_id", "image_id"):
                path = path.replace(f"{{{parameter}}}", SOMEBODY)  # noqa: PLW2901
            yield Operation(description["operationId"], method.upper(), path)


@pytest.fixture
def keys(settings: Settings) -> dict[str, str]:
    """Headers of a key for each scope, and of keys that no longer count."""
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        made = {scope: create_key(conn, scope, [scope]) for scope in ("read", "submit", "manage")}  # type: ignore[list-item]
        every = ["read", "submit", "manage"]
        made["revoked"] = create_key(conn, "revoked", every)  # type: ignore[arg-type]
        revoke_key(conn, made["revoked"])
        made["expired"] = create_key(conn, "old", every, valid_for=timedelta(seconds=-1))  # type: ignore[arg-type]
    return made | {"wrong": "gal_" + "x" * 43, "none": ""}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def test_every_operation_has_its_scope() -> None:
    names = {operation.name for operation in operations()}

    assert names == set(SCOPES) | PUBLIC, "add what is new to api/auth/scopes.py"


@pytest.mark.parametrize("kind", ["none", "wrong", "expired", "revoked"])
async def test_without_a_key_that_counts_nothing_answers(
    client: AsyncClient, keys: dict[str, str], kind: str
) -> None:
    for each in operations():
        if each.name in PUBLIC:
            continue
        answer = await client.request(each.method, each.path, headers=bearer(keys[kind]))
        assert answer.status_code == 401, each
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["type"] == "/problems/not-authenticated"


@pytest.mark.parametrize("scope", ["read", "submit", "manage"])
async def test_a_key_reaches_its_scope_and_no_further(
    client: AsyncClient, keys: dict[str, str], scope: str
) -> None:
    for each in operations():
        if each.name in PUBLIC:
            continue
        answer = await client.request(each.method, each.path, headers=bearer(keys[scope]))
        refused = answer.status_code == 403
        assert refused == (SCOPES[each.name] != scope), (each, answer.text)
        assert answer.status_code != 401, each


async def test_health_answers_to_everybody(client: AsyncClient, keys: dict[str, str]) -> None:
    assert keys
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code in (200, 503)


async def test_a_page_signs_in_and_out(client: AsyncClient, keys: dict[str, str]) -> None:
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
    ],
    ids=str,
)
async def test_another_sites_page_cannot_act(
    client: AsyncClient, settings: Settings, headers: dict[str, str]
) -> None:
    """Signed in, and also where the service is open to this machine."""
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


async def test_only_hashes_are_kept(
    client: AsyncClient, settings: Settings, keys: dict[str, str]
) -> None:
    await client.get("/api/v1/images", headers=bearer(keys["read"]))
    await client.post("/api/v1/session", json={"key": keys["read"]})

    url = settings.require_database_url()
    kept = str(execute(url, "SELECT k::text FROM api_keys k UNION SELECT s::text FROM sessions s"))
    assert keys["read"][:12] in kept
    assert keys["read"][13:] not in kept
    assert client.cookies["gallery_session"] not in kept
    with psycopg.connect(url) as conn:
        used = {key.name: key.last_used_at is not None for key in list_keys(conn)}
    assert used == {"read": True, "submit": False, "manage": False, "revoked": False, "old": False}


@pytest.mark.parametrize(
    ("address", "allow_open", "expected"),
    [
        ("127.0.0.1", False, 200),
        ("::1", False, 200),
        ("192.0.2.7", False, 403),
        ("192.0.2.7", True, 200),
    ],
)
async def test_without_keys_only_this_machine_is_answered(
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
        ("pictures.home:8000", 200),
        ("Album", 200),
        ("rebound.example", 403),
        ("127.0.0.1.rebound.example", 403),
        ("localhost.rebound.example:8000", 403),
        ("[nonsense", 403),
        ("", 403),
    ],
)
async def test_without_keys_only_our_own_names_are_answered(
    settings: Settings, host: str, expected: int
) -> None:
    settings = settings.model_copy(update={"allowed_hosts": "pictures.home, album"})
    async with open_client(settings) as client:
        answer = await client.get("/api/v1/images", headers={"Host": host})
        sent = await client.post(
            "/api/v1/images/delete",
            json={"all": True},
            headers={"Host": host, "Sec-Fetch-Site": "same-origin"},
        )

    assert (answer.status_code, sent.status_code) == (expected, expected)


async def test_with_a_key_any_name_will_do(client: AsyncClient, keys: dict[str, str]) -> None:
    headers = bearer(keys["read"]) | {"Host": "pictures.example"}

    assert (await client.get("/api/v1/images", headers=headers)).status_code == 200


async def test_who_manages_is_in_the_log(client: AsyncClient, keys: dict[str, str]) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        for scope in ("read", "manage"):
            answer = await client.delete(f"/api/v1/images/{SOMEBODY}", headers=bearer(keys[scope]))

    [line] = [line for line in lines if line["event"] == "gallery managed"]
    assert (line["operation"], line["key"]) == ("deleteImage", "manage")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert keys["manage"] not in str(line)


async def test_two_keys_do_not_share_idempotency_keys(
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
