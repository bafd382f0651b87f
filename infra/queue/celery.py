"""The queue: wake-up calls for workers, over Celery on Redis.

A message names pictures by id and nothing else; a header names the requests they came with. Any
message may be lost or come twice: the row in Postgres is the truth, and the sweeper announces again
what nobody heard.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final
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
ORIGINS: Final = "origins"

# In the order in which workers look: what a person waits for comes before a bulk load.
LANES: Final[tuple[Lane, ...]] = ("interactive", "bulk")

# How many threads may publish at once; others wait for a second.
PUBLISHERS: Final = 10


def create_celery(settings: Settings, *, socket_timeout: float) -> Celery:
    """The Celery application that the API publishes with and that workers run.

    Args:
        settings: where Redis is, and how long a message may take.
        socket_timeout: seconds without an answer after which a Redis connection counts as dead.
            A worker keeps one reply outstanding, the API waits for none.
    """
    celery = Celery("gallery", broker=_broker_url(settings.require_redis_url()))
    celery.conf.update(
        task_ignore_result=True,  # Postgres holds the results
        result_backend=None,
        task_serializer="json",
        accept_content=["json"],
        # Acknowledged before the work: the lease in Postgres guards it, and a message that kills
        # its worker is not handed to the next one.
        task_acks_late=False,
        task_reject_on_worker_lost=False,
        worker_disable_prefetch=True,  # a busy worker holds no message that another could take
        worker_prefetch_multiplier=1,
        task_soft_time_limit=None,
        task_time_limit=settings.task_timeout.total_seconds(),  # kills native loops, too
        task_publish_retry=False,  # one quick try; the sweeper does the rest
        worker_proc_alive_timeout=60,  # the default of 4 s starves a replaced process
        worker_max_tasks_per_child=None,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,  # a full Redis refuses; without this the worker ends
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,  # nobody asks; signals and Postgres tell
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        visibility_timeout=120,
        broker_transport_options={
            "queue_order_strategy": "priority",
            "socket_timeout": socket_timeout,  # without it a half-open connection is deaf for ever
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
    """Celery's way of writing the address of a Redis behind a socket file."""
    parts = urlsplit(redis_url)
    return f"redis+socket://{parts.path}" if parts.scheme == "unix" else redis_url


class Queue:
    """The publishing side. Blocks for at most a second; threads may share it.

    Its connections are its own: those in Celery's pool, which is the whole program's, stay open
    when an application is closed.
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
        """Wake a worker up for these pictures, and tell it where each comes from.

        Raises:
            QueueUnavailableError: Redis is away or does not answer; nobody was woken.
        """
        try:
            with self._producers.acquire(block=True, timeout=1) as producer:
                self._celery.send_task(
                    CLASSIFY_TASK,
                    args=[[str(each) for each in ids]],
                    queue=lane,
                    headers={ORIGINS: pack(origins)} if origins else None,
                    producer=producer,
                )
        except (KombuError, redis.RedisError, OSError) as error:
            raise QueueUnavailableError from error

    def length(self, lane: Lane) -> int:
        """How many messages wait in a lane.

        Raises:
            QueueUnavailableError: Redis is away or does not answer.
        """
        try:
            return int(self._redis.llen(lane))
        except (redis.RedisError, OSError) as error:
            raise QueueUnavailableError from error

    def check(self) -> None:
        """Return when Redis answers.

        Raises:
            QueueUnavailableError: it does not.
        """
        self.length(LANES[0])

    def close(self) -> None:
        with suppress(KombuError, redis.RedisError, OSError):
            self._producers.force_close_all()
            self._connections.force_close_all()
            self._celery.close()
            self._redis.close()
