"""Heartbeat of a worker process, written to Postgres."""

import os
import platform
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import psycopg
from psycopg import Connection

from core.errors import UnavailableError
from infra.database.pool import WorkerConnection
from infra.database.queries.stage_timings import Timing, add_timings
from infra.database.queries.workers import (
    HEARTBEAT_EVERY,
    WorkerState,
    remove_worker,
    write_heartbeat,
)
from infra.telemetry.logging import get_logger
from worker.liveness import LIVENESS_FILE, touch_liveness_file
from worker.timings import Timings

log = get_logger(__name__)


class Heartbeat:
    """Thread that writes the state and the timings of this process every few seconds.

    It has a connection of its own, so that it continues while the main thread classifies.

    Attributes:
        id: `host:pid:random` of this process start. A restarted worker has a new id.
    """

    def __init__(
        self,
        database_url: str,
        timings: Timings | None = None,
        *,
        liveness_file: Path = LIVENESS_FILE,
    ) -> None:
        self.id = f"{platform.node()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._connection = WorkerConnection(database_url, name="worker heartbeat")
        self._timings = timings or Timings()
        self._liveness_file = liveness_file
        self._unwritten: list[Timing] = []
        self._stop = Event()
        self._changed = Event()
        self._state: tuple[WorkerState, str, str | None] = ("preparing", "", None)
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Start the thread, which writes the first heartbeat at once."""
        self._thread.start()

    def set_state(self, state: WorkerState, detail: str = "", model: str | None = None) -> None:
        """Change the reported state and write a heartbeat at once."""
        self._state = (state, detail, model)
        self._changed.set()

    def stop(self) -> None:
        """Stop the thread and delete the worker's row if Postgres is available."""
        self._stop.set()
        self._changed.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        succeeded = True
        while not self._stop.is_set():
            succeeded = self._beat(log_failure=succeeded)
            self._changed.wait(HEARTBEAT_EVERY.total_seconds())
            self._changed.clear()
        self._remove()

    def _beat(self, *, log_failure: bool) -> bool:
        """Write one heartbeat and return whether it succeeded.

        Only the first failure and the recovery are logged.
        """
        state, detail, model = self._state
        try:
            with self._connection.use() as conn:
                write_heartbeat(conn, self.id, state, detail=detail, model=model)
                self._write_timings(conn)
        except UnavailableError as error:
            if log_failure:
                log.warning("database.lost", reason=str(error.__cause__).strip())
            return False
        except Exception:
            # For example a missing table while migrations run. The thread must survive any error:
            # images of a worker without heartbeats are reclaimed although it still works.
            if log_failure:
                log.exception("heartbeat.failed")
            return False
        touch_liveness_file(self._liveness_file)
        if not log_failure:
            log.info("database.recovered")
        return True

    def _write_timings(self, conn: Connection) -> None:
        """Add the timings measured since the last heartbeat; keep them if the write fails."""
        self._unwritten += self._timings.take_timings()
        if self._unwritten:
            add_timings(conn, self._unwritten)
            self._unwritten = []

    def _remove(self) -> None:
        with suppress(UnavailableError, psycopg.Error), self._connection.use() as conn:
            self._write_timings(conn)
            remove_worker(conn, self.id)
        self._connection.close()
