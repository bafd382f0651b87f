"""Publish messages for custom tags whose examples or settings changed."""

from anyio import to_thread

from api.background.leader import Leader
from api.background.runtime import BackgroundService
from core.errors import QueueUnavailableError
from infra.database.queries.custom_tags import find_due_tag
from infra.queue.celery import TEACHING, Queue


class TagTraining(BackgroundService):
    """Publishes one training at a time, so that other workers keep classifying images.

    A lost message is published again: the tag remains due.
    """

    name = "tag_training"
    leader_only = True

    def __init__(self, leader: Leader, queue: Queue) -> None:
        super().__init__(interval=0.3)
        self._leader = leader
        self._queue = queue

    async def run_once(self) -> None:
        async with self._leader.connection() as conn:
            tag = await find_due_tag(conn)
        if tag is None:
            return
        try:
            if not await to_thread.run_sync(self._queue.length, TEACHING):
                await to_thread.run_sync(self._queue.publish_training, tag)
        except QueueUnavailableError:
            return
