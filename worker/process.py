"""What lives in a worker process: opened after the fork, closed when the process ends.

Nothing native is loaded before the fork: LiteRT, OpenCV and connections do not survive it.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import cv2

from core.errors import UnavailableError
from infra.database.pool import WorkerConnection
from infra.settings import Settings
from infra.storage import open_objects
from infra.telemetry.correlation import Origin, bind_origins
from infra.telemetry.logging import get_logger
from infra.telemetry.tracing import open_traces
from worker.backoff import Backoff
from worker.batch import WorkerResources, process_batch
from worker.heartbeat import Heartbeat
from worker.memory_limit import limit_memory, raise_oom_score
from worker.model.runtime import load_runtime
from worker.pipeline import Classifier
from worker.shutdown import ShutdownFlag
from worker.timings import Timings
from worker.tracing import send_spans

log = get_logger(__name__)


class WorkerProcess:
    """A warm model with its connections, and the heartbeat that says so."""

    def __init__(self, settings: Settings, shutdown: ShutdownFlag) -> None:
        cv2.setNumThreads(0)  # one core per process; the cores are shared out by process
        database_url = settings.require_database_url()
        self._traces = open_traces(settings, "gallery-worker")
        stages = Timings(remember=self._traces is not None)
        self._heartbeat = Heartbeat(database_url, stages)
        self._heartbeat.start()
        runtime = load_runtime(settings)
        self._bench = WorkerResources(
            connection=WorkerConnection(database_url, name="worker"),
            objects=open_objects(settings.require_objects_url()),
            classifier=Classifier(runtime, max_pixels=settings.max_pixels, stages=stages),
            io=ThreadPoolExecutor(max_workers=3, thread_name_prefix="objects"),
            stages=stages,
            worker=self._heartbeat.id,
            lease_for=settings.lease,
            task_timeout=settings.task_timeout,
            is_draining=shutdown.has_begun,
        )
        self._patience = Backoff()
        limit_memory(settings.task_memory)
        raise_oom_score()
        self._heartbeat.say("ready", model=runtime.name)
        log.info("worker process ready", model=runtime.name)

    def classify(self, ids: Sequence[UUID], origins: Mapping[UUID, Origin]) -> None:
        """Do the work of one message. Never raises: a message is not for repeating."""
        started = time.monotonic()
        bind_origins(origins.values())
        self._patience.pause()
        try:
            settled = process_batch(self._bench, ids, started=started, origins=origins)
        except UnavailableError as error:
            if not self._patience.is_failing:
                log.warning("work interrupted", reason=str(error))
            self._patience.fail()
        except Exception:
            # Of a MemoryError that got away, Celery's main process would stop.
            log.exception("work failed")
        else:
            if self._patience.is_failing:
                log.info("work resumed")
            self._patience.end()
            seconds = round(time.monotonic() - started, 3)
            log.info("message done", pictures=settled, of=len(ids), seconds=seconds)
        finally:
            if self._traces:
                send_spans(self._traces, self._bench.stages.take_steps(), origins)

    def close(self) -> None:
        self._bench.io.shutdown(wait=False, cancel_futures=True)
        self._bench.connection.close()
        self._heartbeat.stop()
        if self._traces:
            self._traces.close()
