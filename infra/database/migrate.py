"""Schema migrations: numbered, forward-only SQL files.

docs/decisions/0002-sql-migrations.md gives the reasons against a migration library.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import LiteralString, NamedTuple

import psycopg

from core.vocabulary import load_vocabulary
from infra.database.search.similar import create_embeddings
from infra.database.seed import write_classes, write_hierarchy
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

CREATE_MIGRATIONS = """
    CREATE TABLE IF NOT EXISTS migrations (
        name       text        PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""

LIST_APPLIED = "SELECT name FROM migrations"

ADD_APPLIED = "INSERT INTO migrations (name) VALUES (%(name)s)"


class Migration(NamedTuple):
    """One migration: its file name and its SQL."""

    name: str
    sql: LiteralString


def list_migrations() -> list[Migration]:
    """Return all migrations of this version in the order of application."""
    folder = files("infra.database") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    # The files are part of the source and contain no user input.
    return [Migration(name, (folder / name).read_text()) for name in names]


def migrate(conninfo: str) -> list[str]:
    """Apply all pending migrations and return their names.

    Each migration runs in a transaction of its own. Several processes may call this function at
    the same time: an advisory lock serialises them. Postgres frees the lock when the connection
    of its holder ends, unlike a lock that is stored in a table.
    """
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(hashtext('gallery.migrations'))")
        conn.execute(CREATE_MIGRATIONS)
        applied = list(_apply_pending(conn))
        write_classes(conn, load_vocabulary())
        write_hierarchy(conn)
        if not create_embeddings(conn):
            log.info("similar_search.disabled", reason="Postgres has no usable extension `vector`")
    return applied


def _apply_pending(conn: psycopg.Connection) -> Iterator[str]:
    applied = {name for (name,) in conn.execute(LIST_APPLIED)}
    for migration in list_migrations():
        if migration.name in applied:
            continue
        with conn.transaction():
            # Waiting for a lock blocks all later queries on the table. Fail after 4 s instead;
            # the caller runs the migration again.
            conn.execute("SET LOCAL lock_timeout = '4s'")
            conn.execute(migration.sql)
            conn.execute(ADD_APPLIED, {"name": migration.name})
        log.info("migration.applied", migration=migration.name)
        yield migration.name
