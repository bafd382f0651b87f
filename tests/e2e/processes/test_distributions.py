"""Finding C7: what the wheels of the client and of the server contain."""

import email
import subprocess
import sys
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.paths import ROOT


def build(project: Path, folder: Path) -> tuple[list[str], Message]:
    """Build a wheel and return its file names and metadata."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with ZipFile(wheel) as content:
        names = content.namelist()
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        return names, email.message_from_bytes(content.read(metadata))


def top_levels(names: list[str]) -> set[str]:
    return {name.partition("/")[0] for name in names if ".dist-info" not in name}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


def test_wheel_of_the_client_holds_one_typed_package(folder: Path) -> None:
    names, metadata = build(ROOT / "client", folder)

    assert top_levels(names) == {"gallery_client"}
    assert "gallery_client/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert metadata["Name"] == "ai-image-gallery-client"
    requirements = [each for each in metadata.get_all("Requires-Dist", []) if "extra" not in each]
    assert {each.partition(">")[0] for each in requirements} == {
        "anyio",
        "httpx2",
        "pydantic",
        "rich",
        "typer",
    }


def test_wheel_of_the_server_holds_packages_only_and_cannot_be_published(folder: Path) -> None:
    names, metadata = build(ROOT, folder)

    assert top_levels(names) == {"api", "cli", "core", "infra", "worker"}
    assert not [name for name in names if name.startswith("infra/deploy")]
    assert "infra/database/migrations/0001_create_gallery.sql" in names
    assert "Private :: Do Not Upload" in metadata.get_all("Classifier", [])
