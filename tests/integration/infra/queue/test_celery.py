"""The publishing side of the queue, on a real Redis."""

from uuid import uuid4

import redis

from infra.queue.celery import Queue
from infra.settings import Settings
from tests.support.processes import until


def test_a_closed_queue_leaves_no_connection_and_another_can_be_opened(settings: Settings) -> None:
    with redis.Redis.from_url(settings.require_redis_url()) as client:
        before = {each["id"] for each in client.client_list()}

        def new() -> set[str]:
            return {each["id"] for each in client.client_list()} - before

        for _ in range(2):
            queue = Queue(settings)
            queue.publish([uuid4()], "bulk")
            assert new()
            queue.close()
            until(lambda: not new(), seconds=5, what="the last connection to be gone")
