"""Bring a database to the newest schema: numbered, forward-only SQL files.

Why not a library: see docs/decisions/0002-migrations.md.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import LiteralString, NamedTuple

import psycopg

from core.vocabulary import load_vocabulary
from infra.database.search.similar import create_embeddings
from infra.database.seed import write_classes
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
    """One step: its file's name and its statements."""

    name: str
    sql: LiteralString


def list_migrations() -> list[Migration]:
    """Every migration that this version knows, in order."""
    folder = files("infra.database") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    # The files are part of the source; nobody's input can be in them.
    return [Migration(name, (folder / name).read_text()) for name in names]


def migrate(conninfo: str) -> list[str]:
    """Apply what is missing, one transaction each, and return the names applied.

    Several processes may call it at once: an advisory lock lets one work while the others wait,
    and, unlike a lock kept in a table, is gone when its holder dies.
    """
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(hashtext('gallery.migrations'))")
        conn.execute(CREATE_MIGRATIONS)
        applied = list(_apply_missing(conn))
        write_classes(conn, load_vocabulary())
        if not create_embeddings(conn):
            log.info("no extension `vector` in this Postgres: similar pictures are off")
    return applied


def _apply_missing(conn: psycopg.Connection) -> Iterator[str]:
    done = {name for (name,) in conn.execute(LIST_APPLIED)}
    for migration in list_migrations():
        if migration.name in done:
            continue
        with conn.transaction():
            # A busy table makes the migration fail and be tried again, not the service stand still.
            conn.execute("SET LOCAL lock_timeout = '4s'")
            conn.execute(migration.sql)
            conn.execute(ADD_APPLIED, {"name": migration.name})
        log.info("migration applied", migration=migration.name)
        yield migration.name
