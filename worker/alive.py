"""Has this machine's worker been heard of? `python -m worker.alive` answers by its exit status."""

import platform
import sys

from infra.database.connection import WorkerConnection
from infra.database.workers import ALIVE_FOR
from infra.errors import GalleryError
from infra.settings import Settings

COUNT_ALIVE_HERE = """
    SELECT count(*)
      FROM workers
     WHERE starts_with(id, %(host)s || ':')
       AND seen_at > now() - %(alive_for)s
"""


def is_alive(database_url: str) -> bool:
    """Whether a worker process of this machine (or container) has a recent heartbeat."""
    connection = WorkerConnection(database_url, name="worker alive?")
    try:
        with connection.use() as conn:
            parameters = {"host": platform.node(), "alive_for": ALIVE_FOR}
            row = conn.execute(COUNT_ALIVE_HERE, parameters).fetchone()
    finally:
        connection.close()
    return row is not None and row[0] > 0


if __name__ == "__main__":
    try:
        sys.exit(0 if is_alive(Settings().require_database_url()) else "No worker here is alive.")
    except GalleryError as error:
        sys.exit(str(error))
