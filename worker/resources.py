"""Resources of one worker process."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from infra.database.pool import WorkerConnection
from infra.storage import ObjectStore
from worker.pipeline import Classifier
from worker.timings import Timings


@dataclass(frozen=True, slots=True)
class WorkerResources:
    """Connections, model and limits of one worker process, used by its main thread.

    Attributes:
        connection: Postgres connection of the main thread.
        objects: Object storage.
        classifier: Loaded model.
        io: Thread pool for object storage requests.
        timings: Durations of the processing stages.
        worker: Id of this process in the `workers` table.
        lease_for: Duration of a lease; renewed after a third of it.
        task_timeout: Time limit of one message, after which Celery kills the process.
        is_shutting_down: Whether the worker has received SIGTERM.
        clock: Monotonic clock in seconds.
    """

    connection: WorkerConnection
    objects: ObjectStore
    classifier: Classifier
    io: ThreadPoolExecutor
    timings: Timings
    worker: str
    lease_for: timedelta
    task_timeout: timedelta
    is_shutting_down: Callable[[], bool]
    clock: Callable[[], float] = time.monotonic
