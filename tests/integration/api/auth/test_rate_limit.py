"""How many requests a key or an address may make, by one API process and by several."""

import asyncio
import time

import psycopg
import pytest
from httpx import AsyncClient

from api.auth.rate_limit import EXCHANGE_SECONDS, WINDOW_SECONDS, network_of
from infra.database.queries.api_keys import create_key
from infra.settings import Settings
from tests.integration.conftest import open_client

pytestmark = pytest.mark.anyio

STRANGER = "192.0.2.7"


@pytest.fixture
async def whole_minute() -> None:
    """Begin early in a minute, so that it does not end in the middle of a test."""
    left = WINDOW_SECONDS - time.time() % WINDOW_SECONDS
    if left < 15:
        await asyncio.sleep(left)


@pytest.fixture
def narrow(settings: Settings, whole_minute: None) -> Settings:
    """A gallery that takes five requests a minute, and answers everybody."""
    assert whole_minute is None
    return settings.model_copy(
        update={"allow_open": True, "rate_limit_key": 5, "rate_limit_address": 5}
    )


async def ask(client: AsyncClient, key: str = "") -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return (await client.get("/api/v1/limits", headers=headers)).status_code


async def test_an_address_is_told_what_it_has_left_and_then_refused(narrow: Settings) -> None:
    async with open_client(narrow, STRANGER) as client:
        left = [
            (await client.get("/api/v1/limits")).headers["ratelimit-remaining"] for _ in range(5)
        ]
        refused = await client.get("/api/v1/limits")
        health = await client.get("/healthz")

    assert left == ["4", "3", "2", "1", "0"]
    assert refused.status_code == 429
    assert refused.json()["type"] == "/problems/rate-limited"
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW_SECONDS
    assert refused.headers["ratelimit-reset"] == refused.headers["retry-after"]
    assert refused.headers["ratelimit-limit"] == "5"
    assert refused.headers["ratelimit-remaining"] == "0"
    assert refused.headers["ratelimit-policy"] == "5;w=60"
    assert health.status_code == 200


async def test_this_machine_is_not_limited_by_address(narrow: Settings) -> None:
    async with open_client(narrow) as client:
        assert [await ask(client) for _ in range(10)] == [200] * 10


async def test_wrong_keys_count_for_their_address(narrow: Settings) -> None:
    async with open_client(narrow, STRANGER) as client:
        answers = [await ask(client, f"gal_{n}") for n in range(6)]

    assert answers == [401] * 5 + [429]


async def test_a_key_has_one_limit_over_all_processes(narrow: Settings) -> None:
    with psycopg.connect(narrow.require_database_url(), autocommit=True) as conn:
        mine, yours = (create_key(conn, name, ["read"]) for name in ("mine", "yours"))
    async with open_client(narrow) as one, open_client(narrow) as other:
        assert [await ask(one, mine) for _ in range(3)] == [200] * 3
        await asyncio.sleep(3 * EXCHANGE_SECONDS)
        assert await ask(other, mine) == 200
        await asyncio.sleep(3 * EXCHANGE_SECONDS)
        assert [await ask(other, mine) for _ in range(2)] == [200, 429]
        assert await ask(other, yours) == 200


async def test_without_redis_each_process_keeps_the_limit_alone(narrow: Settings) -> None:
    away = Settings(redis_url="redis://127.0.0.1:1/0").redis_url  # type: ignore[arg-type]
    async with open_client(narrow.model_copy(update={"redis_url": away}), STRANGER) as client:
        begun = time.monotonic()
        answers = [await ask(client) for _ in range(3)]
        await asyncio.sleep(2 * EXCHANGE_SECONDS)
        answers += [await ask(client) for _ in range(3)]
        assert time.monotonic() - begun < 3

    assert answers == [200] * 5 + [429]


async def test_the_limits_are_published(narrow: Settings) -> None:
    async with open_client(narrow.model_copy(update={"rate_limit_key": 0})) as client:
        limits = (await client.get("/api/v1/limits")).json()

    assert limits["requests_per_minute"] == {"per_key": None, "per_address": 5}


def test_a_sender_is_an_address_or_a_network_of_ipv6_addresses() -> None:
    assert network_of("192.0.2.7") == network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert network_of("") == "unknown"
