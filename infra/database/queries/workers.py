"""Which workers are alive, and what keeps the others from working."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row

WorkerState = Literal["ready", "preparing", "no_weights", "broken"]

HEARTBEAT_EVERY = timedelta(seconds=3)
# Three heartbeats missed: busy is no excuse, the heartbeat has a thread of its own.
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
    """Say that a worker process is alive, and in which state."""
    conn.execute(
        WRITE_HEARTBEAT, {"id": worker_id, "state": state, "detail": detail, "model": model}
    )


REMOVE_WORKER = "DELETE FROM workers WHERE id = %(id)s OR seen_at < now() - interval '1 day'"


def remove_worker(conn: Connection, worker_id: str) -> None:
    """Forget a worker process that ends in good order, and any that are long gone."""
    conn.execute(REMOVE_WORKER, {"id": worker_id})


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process heard of within the last seconds."""

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
    """The workers that are alive, those ready to work first."""
    async with conn.cursor(row_factory=class_row(Worker)) as cur:
        await cur.execute(LIST_LIVE_WORKERS, {"alive_for": LIVE_FOR})
        return await cur.fetchall()
