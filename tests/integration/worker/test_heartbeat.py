"""The heartbeat outlives whatever Postgres says."""

from tests.support.factories import execute
from tests.support.processes import until
from worker.heartbeat import Heartbeat

ALIVE = "SELECT count(*) FROM workers WHERE seen_at > now() - interval '5 seconds'"


def test_it_beats_as_soon_as_its_table_is_there(database_url: str) -> None:
    execute(database_url, "ALTER TABLE workers RENAME TO away")
    heartbeat = Heartbeat(database_url)
    heartbeat.start()
    try:
        heartbeat.say("preparing")
        until(lambda: heartbeat._connection._conn, seconds=10, what="a connection")  # noqa: SLF001
        execute(database_url, "ALTER TABLE away RENAME TO workers")
        heartbeat.say("ready")
        until(lambda: execute(database_url, ALIVE) == [(1,)], seconds=10, what="a heartbeat")
    finally:
        heartbeat.stop()
