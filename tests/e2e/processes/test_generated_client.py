"""TypeScript client generated from openapi.json, against a running service."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest

from infra.database.queries.api_keys import create_key
from infra.settings import Settings
from tests.support.images import jpeg
from tests.support.paths import ROOT
from tests.support.processes import running_stack

WEB = ROOT / "web"
TOUR = WEB / "sdk" / "tour.ts"
TYPESCRIPT = (
    "--noEmit --strict --exactOptionalPropertyTypes --target es2023 --module nodenext"
    " --allowImportingTsExtensions --skipLibCheck --types node"
)


@pytest.fixture(scope="module")
def node_modules() -> Path:
    folder = WEB / "node_modules"
    if not (folder / "openapi-fetch").is_dir():
        pytest.skip("no web/node_modules: run `make web`")
    return folder


def test_client_type_checks_against_the_schema(node_modules: Path) -> None:
    """Every field and parameter in use is in the schema with the right type."""
    compiler = [str(node_modules / ".bin" / "tsc"), *TYPESCRIPT.split(), str(TOUR)]
    checked = subprocess.run(compiler, capture_output=True, text=True, check=False, cwd=WEB)

    assert checked.returncode == 0, checked.stdout


def test_client_uploads_images_follows_the_job_and_searches(
    node_modules: Path,
    settings: Settings,
    weights: Path,
    compiled_model: Path,
    tmp_path: Path,
) -> None:
    assert node_modules.is_dir()
    assert compiled_model.is_file()
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        key = create_key(conn, "tour", ["read", "submit"])
    files = {"a.jpg": jpeg(1), "b.jpg": jpeg(2), "notes.txt": b"plain text"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    settings = settings.model_copy(update={"weights": weights})
    with running_stack(settings, tmp_path, workers=0, GALLERY_WEIGHTS=str(weights)) as stack:
        stack.start("worker")
        command = ["node", str(TOUR), stack.url, key, *(str(tmp_path / name) for name in files)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    tour = json.loads(ended.stdout)

    assert tour["outcomes"] == ["accepted", "accepted", "rejected"]
    assert tour["sameJob"] is True
    assert tour["status"] == "done"
    assert (tour["counts"]["done"], tour["counts"]["rejected"]) == (2, 1)
    assert tour["all"]["total"] == 2
    assert tour["all"]["first"]
    assert tour["problems"] == [
        "/problems/not-found",
        "/problems/query-syntax",
        "/problems/not-allowed",
    ]
    assert tour["types"] > 5
