"""Celery application of the worker."""

import os
import signal
from typing import Any
from uuid import UUID

from celery import Celery, current_task
from celery.signals import (
    setup_logging,
    worker_process_init,
    worker_process_shutdown,
    worker_shutting_down,
)

from core.errors import GalleryError
from infra.queue.celery import CLASSIFY_TASK, ORIGINS, QUEUES, TEACH_TASK, create_celery
from infra.settings import Settings
from infra.telemetry.correlation import unpack
from infra.telemetry.logging import get_logger
from worker.shutdown import ShutdownFlag

log = get_logger(__name__)


def create_worker(settings: Settings) -> Celery:
    """Create the application with its two tasks; each forked process opens its own resources."""
    celery = create_celery(settings, socket_timeout=5)
    shutdown = ShutdownFlag()
    current: list[Any] = []  # the WorkerProcess of this process, after the fork

    @setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
    def keep_logging(**_: object) -> None:
        """Prevent Celery from configuring logging, which it does unless a receiver is connected."""

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
    def open_process(**_: object) -> None:
        # Ctrl-C reaches the whole process group; only the main process handles it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            # Imported here because no native library may be loaded before the fork.
            from worker.process import WorkerProcess  # noqa: PLC0415

            current.append(WorkerProcess(settings, shutdown))
        except Exception as error:
            stop_worker(error)
            raise

    @worker_process_shutdown.connect(weak=False)  # type: ignore[untyped-decorator]
    def close_process(**_: object) -> None:
        while current:
            current.pop().close()

    @worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
    def begin_shutdown(**_: object) -> None:
        shutdown.set()

    @celery.task(name=CLASSIFY_TASK, ignore_result=True)  # type: ignore[untyped-decorator]
    def classify_images(ids: list[str]) -> None:
        """Classify images. Idempotent: a message may be delivered more than once."""
        images = [UUID(each) for each in ids]
        current[0].process(images, unpack(current_task.request.get(ORIGINS), images))

    @celery.task(name=TEACH_TASK, ignore_result=True)  # type: ignore[untyped-decorator]
    def teach_tag(tag: int) -> None:
        """Train a custom tag. Idempotent: a message may be delivered more than once."""
        current[0].teach(tag)

    return celery


def stop_worker(error: Exception) -> None:
    """Log why a process cannot start, and send SIGTERM to the main process.

    Celery alone would log the error and let the process receive messages nevertheless.
    """
    if isinstance(error, GalleryError):
        log.critical("worker.start_failed", reason=str(error))
    else:
        log.critical(
            "worker.start_failed",
            reason=f"{type(error).__name__}: {error}",
            hint="Fix the error above, then start the worker again.",
            exc_info=error,
        )
    os.kill(os.getppid(), signal.SIGTERM)


def run_worker(settings: Settings) -> None:
    """Process messages until SIGTERM; images that are not started by then are released."""
    create_worker(settings).worker_main(
        [
            "--quiet",
            "worker",
            "--pool=prefork",
            f"--concurrency={settings.workers}",
            f"--queues={','.join(QUEUES)}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=WARNING",
        ]
    )
