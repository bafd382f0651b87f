"""Counting together: numbers that all processes of the API add to, in Redis."""

from collections.abc import Mapping
from contextlib import suppress

import redis

from core.errors import QueueUnavailableError
from infra.settings import Settings


class Counters:
    """Counters that forget themselves. Blocks for at most a second; threads may share it."""

    def __init__(self, settings: Settings) -> None:
        self._redis = redis.Redis.from_url(
            settings.require_redis_url(), socket_timeout=0.5, socket_connect_timeout=0.5
        )

    def add(self, numbers: Mapping[str, int], *, keep_seconds: int) -> dict[str, int]:
        """Add to counters and return what they have come to, in one round trip.

        Raises:
            QueueUnavailableError: Redis is away or does not answer.
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
        with suppress(redis.RedisError, OSError):
            self._redis.close()
