"""Rate limits per API key and per client address, shared by all API processes.

A request never waits for Redis. Each process counts locally and decides by the totals it has; the
processes exchange their counts through Redis four times a second. The limit may therefore be
exceeded by the requests of a quarter of a second. While Redis is unavailable, each process applies
the limit on its own.
"""

import ipaddress
import math
import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from anyio import to_thread

from api.background.runtime import BackgroundService
from core.errors import RateLimitedError
from infra.queue.counters import Counters
from infra.settings import Settings

WINDOW_SECONDS: Final = 60
# Name of the limit in the response headers.
POLICY: Final = "per-minute"
# Key of the ASGI scope under which the rate limit status waits for the response headers.
RATE_LIMIT_STATUS: Final = "gallery.rate_limit_status"
# An IPv6 client usually controls a whole /64 network, so the network counts as one client.
_IPV6_PREFIX = 64


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """Remaining requests of a key or address in the current minute."""

    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """Return the response headers.

        `RateLimit-Policy` and `RateLimit` are those of draft-ietf-httpapi-ratelimit-headers-11,
        the other three those of its earlier versions.
        """
        return {
            "RateLimit-Policy": f'"{POLICY}";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"{POLICY}";r={self.remaining};t={self.reset_seconds}',
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }


class RateLimiter(BackgroundService):
    """Fixed-window counter of requests per minute. A limit of 0 disables the limit.

    As a background service, it exchanges its counts with the other processes.
    """

    name = "rate_limit_exchange"

    def __init__(self, settings: Settings, counters: Counters) -> None:
        super().__init__(interval=0.25)
        self._per_key = settings.rate_limit_key
        self._per_address = settings.rate_limit_address
        self._counters = counters
        self._window = 0
        # Requests of all processes in this window, as of the last exchange plus local requests.
        self._totals: Counter[str] = Counter()
        # Local requests that the next exchange adds to Redis.
        self._unsent: Counter[str] = Counter()

    def count_key(self, key_id: UUID) -> RateLimitStatus | None:
        """Count a request made with an API key.

        Returns:
            The remaining requests; None if keys have no limit.

        Raises:
            RateLimitedError: The key exceeded its limit.
        """
        return self._count(f"key:{key_id}", self._per_key)

    def count_address(self, address: str) -> RateLimitStatus | None:
        """Count a request from a client address.

        Returns:
            The remaining requests; None if addresses have no limit.

        Raises:
            RateLimitedError: The address exceeded its limit.
        """
        return self._count(f"address:{network_of(address)}", self._per_address)

    def _count(self, client: str, limit: int) -> RateLimitStatus | None:
        if not limit:
            return None
        now = time.time()
        self._enter_window(int(now // WINDOW_SECONDS))
        reset = math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS)
        remaining = limit - self._totals[client]
        if remaining <= 0:
            raise RateLimitedError(limit=limit, retry_after=reset)
        self._totals[client] += 1
        self._unsent[client] += 1
        return RateLimitStatus(limit, remaining - 1, reset)

    def _enter_window(self, window: int) -> None:
        if window != self._window:
            self._window = window
            self._totals.clear()
            self._unsent.clear()

    async def run_once(self) -> None:
        if not self._unsent:
            return
        window, sent = self._window, self._unsent
        self._unsent = Counter()
        numbers = {f"gallery:requests:{window}:{client}": count for client, count in sent.items()}
        try:
            totals = await to_thread.run_sync(self._add, numbers)
        except Exception:
            if window == self._window:
                self._unsent.update(sent)  # the next exchange sends them
            raise
        if window == self._window:
            for client, total in zip(sent, totals.values(), strict=True):
                self._totals[client] = total + self._unsent[client]

    def _add(self, numbers: dict[str, int]) -> dict[str, int]:
        return self._counters.add(numbers, keep_seconds=2 * WINDOW_SECONDS)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, an IPv6 /64 network, or `unknown`."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
