"""Schema migrations: numbered, forward-only SQL files.

docs/decisions/0002-sql-migrations.md gives the reasons against a migration library.
"""

import hashlib
import time
from collections.abc import Iterator
from importlib.resources import files
from typing import LiteralString, NamedTuple

import psycopg

from core.errors import MigrationError
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

# Versions before 1.0 recorded no checksums.
ADD_CHECKSUMS = "ALTER TABLE migrations ADD COLUMN IF NOT EXISTS checksum text"

LIST_APPLIED = "SELECT name, checksum FROM migrations"

ADD_APPLIED = """
    INSERT INTO migrations (name, checksum) VALUES (%(name)s, %(checksum)s)
    ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum
"""

TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('gallery.migrations'))"
LOCK_POLL_SECONDS = 0.2

# First line of a migration whose statements run one by one outside a transaction, as CREATE INDEX
# CONCURRENTLY requires. A failure leaves earlier statements applied, so it must be repeatable.
NO_TRANSACTION = "-- no transaction\n"


class Migration(NamedTuple):
    """One migration: its file name and its SQL."""

    name: str
    sql: LiteralString

    @property
    def checksum(self) -> str:
        """SHA-256 of the SQL, in hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[LiteralString]:
        """The statements of a migration without a transaction: each ends with `;` and a newline."""
        return [each for each in self.sql.split(";\n") if each.strip()]


def list_migrations() -> list[Migration]:
    """Return all migrations of this version in the order of application."""
    folder = files("infra.database") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    # The files are part of the source and contain no user input.
    return [Migration(name, (folder / name).read_text()) for name in names]


def migrate(conninfo: str) -> list[str]:
    """Apply all pending migrations and return their names.

    Each migration runs in a transaction of its own, unless it starts with `NO_TRANSACTION`. Several
    processes may call this function at the same time: an advisory lock serialises them. Postgres
    frees the lock when the connection of its holder ends, unlike a lock that is stored in a table.

    Raises:
        MigrationError: An applied migration has been edited.
    """
    with psycopg.connect(conninfo, autocommit=True) as conn:
        _lock(conn)
        conn.execute(CREATE_MIGRATIONS)
        conn.execute(ADD_CHECKSUMS)
        applied = list(_apply_pending(conn))
        write_classes(conn, load_vocabulary())
        write_hierarchy(conn)
        if not create_embeddings(conn):
            log.info("similar_search.disabled", reason="Postgres has no usable extension `vector`")
    return applied


def _lock(conn: psycopg.Connection) -> None:
    """Wait for the advisory lock.

    Polls, because a waiting statement holds a snapshot, and CREATE INDEX CONCURRENTLY in the
    process that holds the lock would wait for its end.
    """
    while not conn.execute(TRY_LOCK).fetchall()[0][0]:
        time.sleep(LOCK_POLL_SECONDS)


def _apply_pending(conn: psycopg.Connection) -> Iterator[str]:
    applied: dict[str, str | None] = dict(conn.execute(LIST_APPLIED).fetchall())
    for migration in list_migrations():
        if migration.name in applied:
            _verify(conn, migration, applied[migration.name])
            continue
        if migration.sql.startswith(NO_TRANSACTION):
            for statement in migration.statements:
                conn.execute(statement)
            _record(conn, migration)
        else:
            with conn.transaction():
                # Waiting for a lock blocks all later queries on the table. Fail after 4 s instead;
                # the caller runs the migration again.
                conn.execute("SET LOCAL lock_timeout = '4s'")
                conn.execute(migration.sql)
                _record(conn, migration)
        log.info("migration.applied", migration=migration.name)
        yield migration.name


def _record(conn: psycopg.Connection, migration: Migration) -> None:
    conn.execute(ADD_APPLIED, {"name": migration.name, "checksum": migration.checksum})


def _verify(conn: psycopg.Connection, migration: Migration, checksum: str | None) -> None:
    """Compare an applied migration with its file; record the checksum if none is recorded.

    Raises:
        MigrationError: They differ.
    """
    if checksum is None:
        _record(conn, migration)
    elif checksum != migration.checksum:
        raise MigrationError(
            f"The migration {migration.name} was edited after it had been applied to this "
            "database. Restore the file; correct the schema with a new migration."
        )
