"""Lint of the migration files: processes of the previous version run beside each of them."""

import re

import pytest

from infra.database.migrate import NO_TRANSACTION, Migration, list_migrations

MIGRATIONS = list_migrations()
# Tables that may have millions of rows.
LARGE = "images|predictions|categories|job_items|jobs|verdicts"
# What breaks or blocks processes of the previous version, and what to do instead.
REFUSED = {
    r"\bRENAME (COLUMN|TO)\b": "add a new column or table, remove the old one a release later",
    r"\bDROP (TABLE|COLUMN)\b": "drop it one release after the last version that uses it, and "
    "say so with a comment `-- unused since VERSION`",
    r"\bALTER COLUMN \w+ (SET DATA )?TYPE\b": "rewrites the table; add a new column",
    r"\bALTER COLUMN \w+ SET NOT NULL\b": "add a CHECK constraint NOT VALID, then validate it",
    r"\bADD COLUMN (IF NOT EXISTS )?\w+ [\w\[\]]+ NOT NULL(?! DEFAULT)": "needs a DEFAULT",
}


def code(migration: Migration) -> str:
    """Return the SQL without comments."""
    return re.sub(r"--.*", "", migration.sql)


def name_of(migration: Migration) -> str:
    return migration.name


def faults(migration: Migration) -> list[str]:
    """Return what is wrong with a migration."""
    found = [advice for pattern, advice in REFUSED.items() if re.search(pattern, code(migration))]
    if "-- unused since " in migration.sql:
        found = [each for each in found if not each.startswith("drop it one release")]
    is_concurrent = "CONCURRENTLY" in code(migration)
    if is_concurrent != migration.sql.startswith(NO_TRANSACTION):
        found.append("CONCURRENTLY needs the first line `-- no transaction`, and nothing else does")
    created = set(re.findall(r"CREATE TABLE (\w+)", code(migration)))
    for table in re.findall(rf"CREATE (?:UNIQUE )?INDEX \w+\s+ON ({LARGE})\b", code(migration)):
        if table not in created and "-- blocks writes: " not in migration.sql:
            found.append(
                f"CREATE INDEX blocks writes to {table}: use CONCURRENTLY, or say why that is "
                "acceptable with a comment `-- blocks writes: REASON`"
            )
    return found


def test_names_are_numbered_and_unique() -> None:
    names = [migration.name for migration in MIGRATIONS]

    assert [name for name in names if not re.fullmatch(r"\d{4}_[a-z_]+\.sql", name)] == []
    assert len({name[:4] for name in names}) == len(names)


# The first ten are applied everywhere and cannot be changed.
@pytest.mark.parametrize("migration", MIGRATIONS[10:] or [MIGRATIONS[-1]], ids=name_of)
def test_previous_version_can_run_beside_the_migration(migration: Migration) -> None:
    assert faults(migration) == []


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE images RENAME COLUMN bytes TO size;",
        "ALTER TABLE images DROP COLUMN bytes;",
        "ALTER TABLE images ALTER COLUMN bytes TYPE integer;",
        "ALTER TABLE images ADD COLUMN owner text NOT NULL;",
        "CREATE INDEX images_bytes ON images (bytes);",
        "CREATE INDEX CONCURRENTLY images_bytes ON images (bytes);",
    ],
)
def test_lint_refuses(sql: str) -> None:
    assert faults(Migration("9999_change.sql", sql)) != []


def test_statements_without_a_transaction_are_split_at_line_ends() -> None:
    migration = Migration("9999_change.sql", "-- no transaction\nSELECT ';';\nSELECT 2;\n")

    assert migration.statements == ["-- no transaction\nSELECT ';'", "SELECT 2"]
