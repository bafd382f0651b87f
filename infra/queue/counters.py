"""Counters in Redis that all API processes share, for rate limits."""

from collections.abc import Mapping
from contextlib import suppress

import redis

from core.errors import QueueUnavailableError
from infra.settings import Settings


class Counters:
    """Counters that expire. Thread-safe; each call blocks for at most about 1 s."""

    def __init__(self, settings: Settings) -> None:
        self._redis = redis.Redis.from_url(
            settings.require_redis_url(), socket_timeout=0.5, socket_connect_timeout=0.5
        )

    def add(self, numbers: Mapping[str, int], *, keep_seconds: int) -> dict[str, int]:
        """Add numbers to the counters with these names and return the totals, in one round trip.

        Counters expire `keep_seconds` after the last addition.

        Raises:
            QueueUnavailableError: Redis is unreachable.
        """
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for name, number in numbers.items():
                    pipeline.incrby(name, number)
                    pipeline.expire(name, keep_seconds)
                totals = pipeline.execute()[::2]
        except (redis.RedisError, OSError) as error:
            raise QueueUnavailableError from error
        return dict(zip(numbers, totals, strict=True))

    def close(self) -> None:
        """Close all connections."""
        with suppress(redis.RedisError, OSError):
            self._redis.close()
