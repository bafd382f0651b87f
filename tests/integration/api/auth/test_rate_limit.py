"""Rate limits per key and per address, with one and with several API processes."""

import asyncio
import time

import psycopg
import pytest
from httpx2 import AsyncClient
from pydantic import SecretStr

from api.auth.rate_limit import WINDOW_SECONDS, network_of
from infra.database.queries.api_keys import create_key
from infra.settings import Settings
from tests.integration.conftest import open_api, open_client

pytestmark = pytest.mark.anyio

REMOTE = "192.0.2.7"


@pytest.fixture
async def whole_minute() -> None:
    """Wait until enough of the current minute is left for a test."""
    left = WINDOW_SECONDS - time.time() % WINDOW_SECONDS
    if left < 15:
        await asyncio.sleep(left)


@pytest.fixture
def limited(settings: Settings, whole_minute: None) -> Settings:
    """Return settings with a limit of 5 requests per minute and with open access."""
    assert whole_minute is None
    return settings.model_copy(
        update={"allow_open": True, "rate_limit_key": 5, "rate_limit_address": 5}
    )


async def request(client: AsyncClient, key: str = "") -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return (await client.get("/api/v1/limits", headers=headers)).status_code


async def test_address_over_limit_is_refused(limited: Settings) -> None:
    async with open_client(limited, REMOTE) as client:
        remaining = [
            (await client.get("/api/v1/limits")).headers["ratelimit-remaining"] for _ in range(5)
        ]
        refused = await client.get("/api/v1/limits")
        health = await client.get("/healthz")

    assert remaining == ["4", "3", "2", "1", "0"]
    assert refused.status_code == 429
    assert refused.json()["type"] == "/problems/rate-limited"
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW_SECONDS
    assert refused.headers["ratelimit-reset"] == refused.headers["retry-after"]
    assert refused.headers["ratelimit-limit"] == "5"
    assert refused.headers["ratelimit-remaining"] == "0"
    assert refused.headers["ratelimit-policy"] == '"per-minute";q=5;w=60'
    assert refused.headers["ratelimit"] == f'"per-minute";r=0;t={refused.headers["retry-after"]}'
    assert health.status_code == 200


async def test_loopback_has_no_address_limit(limited: Settings) -> None:
    async with open_client(limited) as client:
        assert [await request(client) for _ in range(10)] == [200] * 10


async def test_invalid_keys_count_for_their_address(limited: Settings) -> None:
    async with open_client(limited, REMOTE) as client:
        answers = [await request(client, f"gal_{n}") for n in range(6)]

    assert answers == [401] * 5 + [429]


async def test_key_limit_is_shared_by_processes(limited: Settings) -> None:
    with psycopg.connect(limited.require_database_url(), autocommit=True) as conn:
        mine, yours = (create_key(conn, name, ["read"]) for name in ("mine", "yours"))
    async with open_api(limited) as (one, exchange), open_api(limited) as (other, other_exchange):
        assert [await request(one, mine) for _ in range(3)] == [200] * 3
        await exchange.completed("rate_limit_exchange")
        assert await request(other, mine) == 200
        await other_exchange.completed("rate_limit_exchange")
        assert [await request(other, mine) for _ in range(2)] == [200, 429]
        assert await request(other, yours) == 200


async def test_limit_is_applied_locally_without_redis(limited: Settings) -> None:
    unreachable = SecretStr("redis://127.0.0.1:1/0")
    limited = limited.model_copy(update={"redis_url": unreachable})
    async with open_api(limited, REMOTE) as (client, background):
        started = time.monotonic()
        answers = [await request(client) for _ in range(3)]
        assert not await background.completed("rate_limit_exchange")
        answers += [await request(client) for _ in range(3)]
        assert time.monotonic() - started < 3

    assert answers == [200] * 5 + [429]


async def test_limits_endpoint_returns_rate_limits(limited: Settings) -> None:
    async with open_client(limited.model_copy(update={"rate_limit_key": 0})) as client:
        limits = (await client.get("/api/v1/limits")).json()

    assert limits["requests_per_minute"] == {"per_key": None, "per_address": 5}


def test_ipv6_addresses_are_counted_by_network() -> None:
    assert network_of("192.0.2.7") == network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert network_of("") == "unknown"
