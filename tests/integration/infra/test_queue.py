"""The publishing side of the queue, on a real Redis."""

from uuid import uuid4

import redis

from infra.queue import Queue
from infra.settings import Settings


def test_a_closed_queue_leaves_no_connection_and_another_can_be_opened(settings: Settings) -> None:
    with redis.Redis.from_url(settings.require_redis_url()) as client:
        before = len(client.client_list())
        for _ in range(2):
            queue = Queue(settings)
            queue.publish([uuid4()], "bulk")
            assert len(client.client_list()) > before
            queue.close()
            assert len(client.client_list()) == before
