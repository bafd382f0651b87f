"""Migrations are applied once, in order, by concurrent processes as well."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from infra.database.migrate import list_migrations, migrate
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
