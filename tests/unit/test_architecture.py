"""The layout rules: which package imports which, and what files must contain."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from infra.database.migrate import list_migrations
from infra.settings import Settings
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text()
# Each package and the packages of ours that it may import. Everything else is a violation.
ALLOWED = {
    "cli": {"api", "worker", "gallery_client", "infra", "core"},
    "api": {"infra", "core"},
    "worker": {"infra", "core"},
    "infra": {"core"},
    "core": set[str](),
    "gallery_client": set[str](),
}
# The client is a distribution of its own, below a folder of its own.
FOLDERS = {"gallery_client": "client/gallery_client"}
# Distributions that the domain must not depend on: drivers, frameworks, and the queue.
NOT_IN_CORE = {"celery", "cv2", "fastapi", "kombu", "minio", "psycopg", "redis", "starlette"}
MAX_LINES = 300


def modules_of(package: str) -> list[Path]:
    return sorted((ROOT / FOLDERS.get(package, package)).rglob("*.py"))


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports, `import_module("name")` included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _is_import_module(node.func):
            assert node.args, f"{path}: import_module without a name"
            assert isinstance(node.args[0], ast.Constant), f"{path}: import_module of a variable"
            yield str(node.args[0].value)


def _is_import_module(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"import_module", "__import__"}


def top_level(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("package", ALLOWED)
def test_packages_import_only_packages_below_them(package: str) -> None:
    forbidden = ALLOWED.keys() - ALLOWED[package] - {package}
    violations = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules_of(package)
        for name in imported_modules(path)
        if top_level(name) in forbidden
    ]

    assert violations == []


def test_core_imports_no_driver_and_no_framework() -> None:
    violations = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules_of("core")
        for name in imported_modules(path)
        if top_level(name) in NOT_IN_CORE
    ]

    assert violations == []


def test_no_module_of_the_api_imports_tensorflow() -> None:
    assert [
        path
        for path in modules_of("api")
        if "tensorflow" in set(map(top_level, imported_modules(path)))
    ] == []


def test_parts_of_the_api_have_no_import_cycle() -> None:
    # A part is a feature package, or a module beside the packages.
    parts = {path.stem for path in (ROOT / "api").iterdir()} - {"__init__", "__main__"}
    graph: dict[str, set[str]] = defaultdict(set)
    for path in modules_of("api"):
        part = path.relative_to(ROOT / "api").with_suffix("").parts[0]
        if path.stem != "__main__":
            graph[part] |= {
                name.split(".")[1]
                for name in imported_modules(path)
                if name.startswith("api.") and name.split(".")[1] in parts - {part}
            }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle in the API: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("package", ALLOWED)
def test_no_product_module_is_longer_than_300_lines(package: str) -> None:
    long = {
        str(path.relative_to(ROOT)): length
        for path in modules_of(package)
        if (length := len(path.read_text().splitlines())) > MAX_LINES
    }

    assert long == {}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert f"`GALLERY_{name.upper()}`" in README


def test_migrations_have_unique_numbers() -> None:
    names = [migration.name for migration in list_migrations()]

    assert len({name[:5] for name in names}) == len(names)
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name) for name in names)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name
)
def test_lock_files_hold_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text()

    assert "://" not in text
    assert all(
        "--hash=sha256:" in pin
        for pin in re.findall(r"^\S+==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    )
