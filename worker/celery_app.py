"""The Celery application that workers run."""

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
from infra.queue.celery import CLASSIFY_TASK, LANES, ORIGINS, create_celery
from infra.settings import Settings
from infra.telemetry.correlation import unpack
from infra.telemetry.logging import get_logger
from worker.shutdown import ShutdownFlag

log = get_logger(__name__)


def create_worker(settings: Settings) -> Celery:
    """The application with its one task; each forked process opens its own resources."""
    celery = create_celery(settings, socket_timeout=5)
    shutdown = ShutdownFlag()
    current: list[Any] = []  # this process's WorkerProcess, once it is forked

    @setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
    def keep_our_logging(**_: object) -> None:
        """Celery sets up its own where nobody answers this."""

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
    def open_process(**_: object) -> None:
        # Ctrl-C reaches the whole group; the main process decides when its children end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            # Here, not at the top: nothing native may be loaded before the fork.
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
    def begin_draining(**_: object) -> None:
        shutdown.begin()

    @celery.task(name=CLASSIFY_TASK, ignore_result=True)  # type: ignore[untyped-decorator]
    def classify_images(ids: list[str]) -> None:
        """Classify pictures. Safe to deliver more than once."""
        pictures = [UUID(each) for each in ids]
        current[0].classify(pictures, unpack(current_task.request.get(ORIGINS), pictures))

    return celery


def stop_worker(error: Exception) -> None:
    """Say why a process cannot start, and stop the whole worker.

    Celery itself would only log the error, and have the process take messages all the same.
    """
    if isinstance(error, GalleryError):
        log.critical("worker cannot start and stops", reason=str(error))
    else:
        log.critical(
            "worker cannot start and stops; mend what the error names, then start it again",
            reason=f"{type(error).__name__}: {error}",
            exc_info=error,
        )
    os.kill(os.getppid(), signal.SIGTERM)


def run_worker(settings: Settings) -> None:
    """Take messages until a signal says stop; what is not begun by then is handed back."""
    create_worker(settings).worker_main(
        [
            "--quiet",
            "worker",
            "--pool=prefork",
            f"--concurrency={settings.workers}",
            f"--queues={','.join(LANES)}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=WARNING",
        ]
    )
