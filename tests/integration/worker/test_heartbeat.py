"""Heartbeats continue after database errors."""

from tests.support.factories import execute
from tests.support.processes import until
from worker.heartbeat import Heartbeat

ALIVE = "SELECT count(*) FROM workers WHERE seen_at > now() - interval '5 seconds'"


def test_heartbeat_recovers_when_its_table_is_created(database_url: str) -> None:
    execute(database_url, "ALTER TABLE workers RENAME TO renamed")
    heartbeat = Heartbeat(database_url)
    heartbeat.start()
    try:
        heartbeat.set_state("preparing")
        until(lambda: heartbeat._connection._conn, seconds=10, what="a connection")  # noqa: SLF001
        execute(database_url, "ALTER TABLE renamed RENAME TO workers")
        heartbeat.set_state("ready")
        until(lambda: execute(database_url, ALIVE) == [(1,)], seconds=10, what="a heartbeat")
    finally:
        heartbeat.stop()
