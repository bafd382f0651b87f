"""Migrations are applied once, in order, by concurrent processes as well, and verified later."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from core.errors import MigrationError
from infra.database import migrate as module
from infra.database.migrate import Migration, list_migrations, migrate
from tests.conftest import database_url_of


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield database_url_of(postgres_url, name)
        conn.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def test_concurrent_runs_apply_each_migration_once(empty_database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [empty_database] * 4))

    assert max(applied, key=len) == [migration.name for migration in list_migrations()]
    assert sum(len(names) for names in applied) == len(list_migrations())


def test_classes_are_those_of_imagenet(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        rows = conn.execute("SELECT class_index, name FROM classes ORDER BY class_index").fetchall()

    assert len(rows) == 1000
    assert rows[0] == (0, "tench")
    assert [index for index, name in rows if name == "crane"] == [134, 517]


def test_edited_migration_is_refused(empty_database: str) -> None:
    migrate(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("UPDATE migrations SET checksum = 'other' WHERE name LIKE '0003%'")

    with pytest.raises(MigrationError, match=r"0003_keep_tallies\.sql was edited"):
        migrate(empty_database)


def test_checksums_of_an_older_version_are_recorded_by_the_next_run(empty_database: str) -> None:
    migrate(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("ALTER TABLE migrations DROP COLUMN checksum")
        assert migrate(empty_database) == []
        recorded: dict[str, str] = dict(
            conn.execute("SELECT name, checksum FROM migrations").fetchall()
        )

    assert recorded == {each.name: each.checksum for each in list_migrations()}


def test_index_is_built_concurrently_while_other_processes_wait(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty_database)
    index = Migration(
        "9999_add_index.sql",
        "-- no transaction\n"
        "DROP INDEX CONCURRENTLY IF EXISTS images_bytes;\n"
        "CREATE INDEX CONCURRENTLY images_bytes ON images (bytes);\n",
    )
    known = list_migrations()
    monkeypatch.setattr(module, "list_migrations", lambda: [*known, index])
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [empty_database] * 4))

    assert sorted(applied) == [[], [], [], ["9999_add_index.sql"]]
    with psycopg.connect(empty_database) as conn:
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'images_bytes'::regclass"
        assert conn.execute(valid).fetchall() == [(True,)]
