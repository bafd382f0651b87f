"""State of one worker process: created after the fork, closed when the process ends.

LiteRT, OpenCV and connections do not survive a fork, so this module is imported after it.
"""

import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import cv2

from core.backoff import Backoff
from core.errors import UnavailableError
from infra.database.pool import WorkerConnection
from infra.settings import Settings
from infra.storage import open_objects
from infra.telemetry.correlation import Origin, bind_origins
from infra.telemetry.logging import get_logger
from infra.telemetry.tracing import open_traces
from worker.batch import process_batch
from worker.heartbeat import Heartbeat
from worker.memory_limit import limit_memory, raise_oom_score
from worker.model.runtime import load_runtime
from worker.pipeline import Classifier
from worker.resources import WorkerResources
from worker.shutdown import ShutdownFlag
from worker.teaching.task import retrain_for_model, teach_tag
from worker.timings import Timings
from worker.tracing import send_spans

log = get_logger(__name__)


class WorkerProcess:
    """Loaded model, connections and heartbeat of one process.

    Raises:
        GalleryError: A setting is missing or the model cannot be loaded.
    """

    def __init__(self, settings: Settings, shutdown: ShutdownFlag) -> None:
        cv2.setNumThreads(0)  # one core per process; GALLERY_WORKERS sets the number of processes
        database_url = settings.require_database_url()
        self._traces = open_traces(settings, "gallery-worker")
        timings = Timings(keep_steps=self._traces is not None)
        self._heartbeat = Heartbeat(database_url, timings)
        self._heartbeat.start()
        runtime = load_runtime(settings)
        self._resources = WorkerResources(
            connection=WorkerConnection(database_url, name="worker"),
            objects=open_objects(settings.require_objects_url()),
            classifier=Classifier(runtime, max_pixels=settings.max_pixels, timings=timings),
            io=ThreadPoolExecutor(max_workers=3, thread_name_prefix="objects"),
            timings=timings,
            worker=self._heartbeat.id,
            lease_for=settings.lease,
            task_timeout=settings.task_timeout,
            is_shutting_down=shutdown.is_set,
        )
        self._backoff = Backoff(first=0.5, longest=8.0, jitter=random.random)
        self._delay = 0.0  # seconds to wait after a backend was unavailable
        retrain_for_model(self._resources.connection, runtime.name)
        limit_memory(settings.task_memory)
        raise_oom_score()
        self._heartbeat.set_state("ready", model=runtime.name)
        log.info("worker.started", model=runtime.name)

    def process(self, ids: Sequence[UUID], origins: Mapping[UUID, Origin]) -> None:
        """Process one message. Never raises, because messages are not redelivered.

        Args:
            ids: Images named by the message.
            origins: Request and job of each image, for logs and traces.
        """
        started = time.monotonic()
        bind_origins(origins.values())
        time.sleep(self._delay)
        try:
            settled = process_batch(self._resources, ids, started=started, origins=origins)
        except UnavailableError as error:
            if not self._backoff.failures:
                log.warning("batch.interrupted", reason=str(error))
            self._delay = self._backoff.next_delay()
        except Exception:
            # Includes MemoryError: if one escaped, Celery's main process would exit.
            log.exception("batch.failed")
        else:
            if self._backoff.failures:
                log.info("worker.recovered")
            self._backoff.reset()
            self._delay = 0.0
            seconds = round(time.monotonic() - started, 3)
            log.info("batch.finished", settled=settled, images=len(ids), seconds=seconds)
        finally:
            if self._traces:
                send_spans(self._traces, self._resources.timings.take_steps(), origins)

    def teach(self, tag: int) -> None:
        """Train a custom tag. Never raises, because messages are not redelivered."""
        try:
            teach_tag(self._resources.connection, tag, model=self._resources.classifier.model)
        except UnavailableError as error:
            log.warning("training.interrupted", reason=str(error))
        except Exception:
            log.exception("training.failed", tag=tag)

    def close(self) -> None:
        """Close connections, stop the heartbeat and flush traces."""
        self._resources.io.shutdown(wait=False, cancel_futures=True)
        self._resources.connection.close()
        self._heartbeat.stop()
        if self._traces:
            self._traces.close()
