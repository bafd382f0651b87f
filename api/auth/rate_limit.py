"""How many requests a key or an address may make in a minute, over all API processes.

No request waits for Redis. Each process counts for itself and lets in what fits with what it knows;
four times a second the processes exchange what they have counted. So a limit may be passed by what
comes in within a quarter of a second, and where Redis is away each process keeps it alone.
"""

import asyncio
import ipaddress
import math
import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from anyio import to_thread

from api.background.loop import FailureLog
from core.errors import QueueUnavailableError, RateLimitedError
from infra.queue.counters import Counters
from infra.settings import Settings

WINDOW_SECONDS: Final = 60
EXCHANGE_SECONDS = 0.25
# After a failure Redis is left alone this long.
BACKOFF_SECONDS = 5.0
# Whoever has one IPv6 address has as many as this prefix leaves room for.
_IPV6_PREFIX = 64


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """What is left to somebody in the present minute."""

    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """The fields of the IETF's draft on rate limits that clients know."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
            "RateLimit-Policy": f"{self.limit};w={WINDOW_SECONDS}",
        }


class RateLimiter:
    """Counts requests. A limit of 0 is none."""

    def __init__(self, settings: Settings, counters: Counters) -> None:
        self._per_key = settings.rate_limit_key
        self._per_address = settings.rate_limit_address
        self._counters = counters
        self._window = 0
        self._known: Counter[str] = Counter()  # by all processes, as far as is known here
        self._news: Counter[str] = Counter()  # of them, what the others have not been told

    def count_key(self, key_id: UUID) -> RateLimitStatus | None:
        """Count a request made with a key.

        Raises:
            RateLimitedError: the key has made too many.
        """
        return self._count(f"key:{key_id}", self._per_key)

    def count_address(self, address: str) -> RateLimitStatus | None:
        """Count a request from an address.

        Raises:
            RateLimitedError: too many came from there.
        """
        return self._count(f"address:{network_of(address)}", self._per_address)

    def _count(self, who: str, limit: int) -> RateLimitStatus | None:
        if not limit:
            return None
        now = time.time()
        self._turn_to(int(now // WINDOW_SECONDS))
        reset = math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS)
        left = limit - self._known[who]
        if left <= 0:
            raise RateLimitedError(limit=limit, retry_after=reset)
        self._known[who] += 1
        self._news[who] += 1
        return RateLimitStatus(limit, left - 1, reset)

    def _turn_to(self, window: int) -> None:
        if window != self._window:
            self._window = window
            self._known.clear()
            self._news.clear()

    async def run(self) -> None:
        """Exchange counts with the other processes until cancelled."""
        failures = FailureLog("counting together")
        pause = EXCHANGE_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = BACKOFF_SECONDS
            with failures.caught(QueueUnavailableError):  # the publisher logs the outage
                await self._exchange()
                pause = EXCHANGE_SECONDS

    async def _exchange(self) -> None:
        if not self._news:
            return
        window, told = self._window, self._news
        self._news = Counter()
        names = {f"gallery:requests:{window}:{who}": number for who, number in told.items()}
        try:
            totals = await to_thread.run_sync(self._add, names)
        except Exception:
            if window == self._window:
                self._news.update(told)  # to be told another time
            raise
        if window == self._window:
            for who, total in zip(told, totals.values(), strict=True):
                self._known[who] = total + self._news[who]

    def _add(self, names: dict[str, int]) -> dict[str, int]:
        return self._counters.add(names, keep_seconds=2 * WINDOW_SECONDS)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """What counts as one sender: an IPv4 address, or a network of IPv6 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
