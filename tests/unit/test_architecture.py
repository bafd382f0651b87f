"""The house keeps its shape: who may import whom, and what is written down."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.database.migrate import list_migrations
from infra.settings import Settings
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text()
FORBIDDEN = {
    "api": {"client", "worker", "tensorflow"},
    "client": {"api", "infra", "worker"},
    "worker": {"api", "client"},
    "infra": {"api", "client", "worker"},
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_package_imports_what_it_must_not_know(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        assert not FORBIDDEN[package] & set(imported(path)), path


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert f"`GALLERY_{name.upper()}`" in README


def test_migrations_have_numbers_of_their_own() -> None:
    names = [migration.name for migration in list_migrations()]

    assert len({name[:5] for name in names}) == len(names)
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name) for name in names)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.name
)
def test_lock_files_hold_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text()

    assert "://" not in text
    assert all(
        "--hash=sha256:" in pin
        for pin in re.findall(r"^\S+==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    )
