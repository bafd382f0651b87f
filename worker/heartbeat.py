"""Telling Postgres that this worker process is alive."""

import os
import platform
from contextlib import suppress
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
from worker.liveness import touch_liveness_file
from worker.timings import Timings

log = get_logger(__name__)


class Heartbeat:
    """Writes this process's state every few seconds, from a thread and connection of its own."""

    def __init__(self, database_url: str, stages: Timings | None = None) -> None:
        # A process start, not a host: a restarted worker is another worker.
        self.id = f"{platform.node()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._connection = WorkerConnection(database_url, name="worker heartbeat")
        self._stages = stages or Timings()
        self._unwritten: list[Timing] = []
        self._stop = Event()
        self._changed = Event()
        self._word: tuple[WorkerState, str, str | None] = ("preparing", "", None)
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def say(self, state: WorkerState, detail: str = "", model: str | None = None) -> None:
        """Change what the next heartbeat says, and let it come at once."""
        self._word = (state, detail, model)
        self._changed.set()

    def stop(self) -> None:
        """Say goodbye, where Postgres can be reached."""
        self._stop.set()
        self._changed.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        heard = True
        while not self._stop.is_set():
            heard = self._beat(heard=heard)
            self._changed.wait(HEARTBEAT_EVERY.total_seconds())
            self._changed.clear()
        self._leave()

    def _beat(self, *, heard: bool) -> bool:
        """Write one heartbeat; log only when Postgres goes away or comes back."""
        state, detail, model = self._word
        try:
            with self._connection.use() as conn:
                write_heartbeat(conn, self.id, state, detail=detail, model=model)
                self._write_timings(conn)
        except UnavailableError as error:
            if heard:
                log.warning("database lost", reason=str(error.__cause__).strip())
            return False
        except Exception:
            # Tables may be missing as long as migrations run. A worker that works and is not
            # heard would be taken for dead, so nothing may end the heartbeat.
            if heard:
                log.exception("heartbeat failed")
            return False
        touch_liveness_file()
        if not heard:
            log.info("database back")
        return True

    def _write_timings(self, conn: Connection) -> None:
        """Add what the process has measured since; what cannot be written now is written later."""
        self._unwritten += self._stages.take_timings()
        if self._unwritten:
            add_timings(conn, self._unwritten)
            self._unwritten = []

    def _leave(self) -> None:
        with suppress(UnavailableError, psycopg.Error), self._connection.use() as conn:
            self._write_timings(conn)
            remove_worker(conn, self.id)
        self._connection.close()
