"""The queue: notifications for workers, sent with Celery over Redis.

A message contains the ids of a batch of images; a header contains the requests that submitted them.
Messages may be lost or delivered twice. Postgres is the source of truth: workers claim rows there,
and the sweeper publishes images again whose message was lost.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

import redis
from celery import Celery
from kombu.exceptions import KombuError
from kombu.pools import ProducerPool

from core.errors import QueueUnavailableError
from core.types import Lane
from infra.settings import Settings
from infra.telemetry.correlation import Origin, pack

CLASSIFY_TASK: Final = "gallery.classify"
TEACH_TASK: Final = "gallery.teach"
ORIGINS: Final = "origins"

# In the order in which workers poll them: images that a user waits for come before bulk uploads.
LANES: Final[tuple[Lane, ...]] = ("interactive", "bulk")

TEACHING: Final = "teaching"
# All queues in the order in which workers poll them. A training takes 2 s at most, so that a bulk
# upload need not delay it.
QUEUES: Final = (LANES[0], TEACHING, LANES[1])

# Connections for publishing. Further threads wait for up to 1 s.
PUBLISHERS: Final = 10


def create_celery(settings: Settings, *, socket_timeout: float) -> Celery:
    """Create the Celery application, for publishing in the API and for consuming in workers.

    Args:
        settings: Address of Redis, and the task's time limit.
        socket_timeout: Seconds without a response after which a Redis connection is closed. A
            worker blocks on Redis while the queues are empty and needs a longer one than the API.
    """
    celery = Celery("gallery", broker=_broker_url(settings.require_redis_url()))
    celery.conf.update(
        task_ignore_result=True,  # Postgres holds the results
        result_backend=None,
        task_serializer="json",
        accept_content=["json"],
        # Acknowledge before execution: the lease in Postgres recovers the images of a lost worker,
        # and a message that crashes its worker is not redelivered to the next one.
        task_acks_late=False,
        task_reject_on_worker_lost=False,
        worker_disable_prefetch=True,  # a busy worker must not reserve messages
        worker_prefetch_multiplier=1,
        task_soft_time_limit=None,
        task_time_limit=settings.task_timeout.total_seconds(),  # SIGKILL: ends native code, too
        task_publish_retry=False,  # one attempt; the sweeper publishes again
        worker_proc_alive_timeout=60,  # loading the model takes longer than the default of 4 s
        worker_max_tasks_per_child=None,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,  # otherwise the worker exits when Redis is out of memory
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,  # not used: Postgres holds the state of the workers
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        visibility_timeout=120,
        broker_transport_options={
            "queue_order_strategy": "priority",
            "socket_timeout": socket_timeout,  # otherwise a half-open connection is never detected
            "socket_connect_timeout": min(socket_timeout, 2),
            "socket_keepalive": True,
            "health_check_interval": 10,
            "visibility_timeout": 120,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.1,
            "interval_max": 0.2,
        },
        task_default_queue=LANES[0],
    )
    return celery


def _broker_url(redis_url: str) -> str:
    """Return the Redis address in Celery's notation, which differs for Unix sockets."""
    parts = urlsplit(redis_url)
    return f"redis+socket://{parts.path}" if parts.scheme == "unix" else redis_url


class Queue:
    """Publisher of notifications. Thread-safe; each call blocks for at most about 1 s.

    Uses connection pools of its own: Celery's pools are global and stay open when an application is
    closed.
    """

    def __init__(self, settings: Settings) -> None:
        self._celery = create_celery(settings, socket_timeout=0.5)
        self._connections = self._celery.connection_for_write().Pool(limit=PUBLISHERS)
        self._producers: Any = ProducerPool(  # type: ignore[no-untyped-call]
            self._connections, limit=PUBLISHERS
        )
        self._redis = redis.Redis.from_url(
            settings.require_redis_url(), socket_timeout=0.5, socket_connect_timeout=0.5
        )

    def publish(self, ids: Sequence[UUID], lane: Lane, origins: Sequence[Origin] = ()) -> None:
        """Publish one message for a batch of images.

        Args:
            ids: The images.
            lane: The queue.
            origins: The request of each image, in the order of the ids; empty if unknown.

        Raises:
            QueueUnavailableError: Redis is unreachable. No message was sent.
        """
        self._send(
            CLASSIFY_TASK,
            [[str(each) for each in ids]],
            queue=lane,
            headers={ORIGINS: pack(origins)} if origins else None,
        )

    def publish_training(self, tag: int) -> None:
        """Publish one message for the training of a custom tag.

        Raises:
            QueueUnavailableError: Redis is unreachable. No message was sent.
        """
        self._send(TEACH_TASK, [tag], queue=TEACHING)

    def _send(
        self, task: str, args: list[Any], *, queue: str, headers: dict[str, Any] | None = None
    ) -> None:
        try:
            with self._producers.acquire(block=True, timeout=1) as producer:
                self._celery.send_task(
                    task, args=args, queue=queue, headers=headers, producer=producer
                )
        except (KombuError, redis.RedisError, OSError) as error:
            raise QueueUnavailableError from error

    def length(self, lane: Lane | Literal["teaching"]) -> int:
        """Return the number of messages in the queue of a lane.

        Raises:
            QueueUnavailableError: Redis is unreachable.
        """
        try:
            return int(self._redis.llen(lane))
        except (redis.RedisError, OSError) as error:
            raise QueueUnavailableError from error

    def check(self) -> None:
        """Check that Redis responds.

        Raises:
            QueueUnavailableError: Redis is unreachable.
        """
        self.length(LANES[0])

    def close(self) -> None:
        """Close all connections."""
        with suppress(KombuError, redis.RedisError, OSError):
            self._producers.force_close_all()
            self._connections.force_close_all()
            self._celery.close()
            self._redis.close()
