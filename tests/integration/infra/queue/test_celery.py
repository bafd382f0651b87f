"""The publisher side of the queue, with a real Redis server."""

from uuid import uuid4

import redis

from infra.queue.celery import Queue
from infra.settings import Settings
from tests.support.processes import until


def test_closing_the_queue_closes_its_connections(settings: Settings) -> None:
    with redis.Redis.from_url(settings.require_redis_url()) as client:
        before = {each["id"] for each in client.client_list()}

        def added() -> set[str]:
            return {each["id"] for each in client.client_list()} - before

        for _ in range(2):  # a queue can be opened again after another one was closed
            queue = Queue(settings)
            queue.publish([uuid4()], "bulk")
            assert added()
            queue.close()
            until(lambda: not added(), seconds=5, what="the connections to be closed")
