"""Worker processes: their heartbeats and states."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row

WorkerState = Literal["ready", "preparing", "no_weights", "broken"]

HEARTBEAT_EVERY = timedelta(seconds=3)
# Three missed heartbeats. A busy worker misses none: the heartbeat has a thread of its own.
LIVE_FOR = timedelta(seconds=10)

WRITE_HEARTBEAT = """
    INSERT INTO workers (id, state, detail, model)
    VALUES (%(id)s, %(state)s, %(detail)s, %(model)s)
        ON CONFLICT (id) DO UPDATE
       SET state = excluded.state,
           detail = excluded.detail,
           model = excluded.model,
           seen_at = now()
"""


def write_heartbeat(
    conn: Connection, worker_id: str, state: WorkerState, *, detail: str = "", model: str | None
) -> None:
    """Record that a worker process is alive.

    Args:
        conn: The connection.
        worker_id: The worker process.
        state: `ready`, `preparing` (loading the model), `no_weights` or `broken`.
        detail: Why the worker is not ready, as a sentence.
        model: Version of the loaded model.
    """
    conn.execute(
        WRITE_HEARTBEAT, {"id": worker_id, "state": state, "detail": detail, "model": model}
    )


REMOVE_WORKER = "DELETE FROM workers WHERE id = %(id)s OR seen_at < now() - interval '1 day'"


def remove_worker(conn: Connection, worker_id: str) -> None:
    """Delete the row of a worker process that shuts down, and rows older than a day."""
    conn.execute(REMOVE_WORKER, {"id": worker_id})


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process with a recent heartbeat."""

    id: str
    state: WorkerState
    detail: str
    model: str | None


LIST_LIVE_WORKERS = """
    SELECT id, state, detail, model
      FROM workers
     WHERE seen_at BETWEEN now() - %(alive_for)s AND now() + %(alive_for)s
     ORDER BY state = 'ready' DESC, id
"""


async def list_live_workers(conn: AsyncConnection) -> list[Worker]:
    """Return the workers with a heartbeat within the last 10 s, ready ones first."""
    async with conn.cursor(row_factory=class_row(Worker)) as cur:
        await cur.execute(LIST_LIVE_WORKERS, {"alive_for": LIVE_FOR})
        return await cur.fetchall()
