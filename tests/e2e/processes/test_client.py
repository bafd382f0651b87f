"""The Python client against a service with a worker, and the examples of its page."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from gallery_client import AsyncGallery, Gallery, RequestRefusedError

from infra.database.queries.api_keys import create_key
from infra.settings import Settings
from tests.support.images import jpeg
from tests.support.paths import ROOT
from tests.support.processes import Stack, running_stack

PAGE = ROOT / "docs" / "reference" / "client.md"


@pytest.fixture
def key(settings: Settings) -> str:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        return create_key(conn, "client", ["read", "submit", "manage"])


@pytest.fixture
def stack(
    settings: Settings, weights: Path, compiled_model: Path, tmp_path: Path, key: str
) -> Iterator[Stack]:
    assert compiled_model.is_file()
    assert key  # before the start: the API requires keys from then on
    settings = settings.model_copy(update={"weights": weights})
    with running_stack(settings, tmp_path, workers=0, GALLERY_WEIGHTS=str(weights)) as stack:
        stack.start("worker")
        yield stack


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
    (folder / "text.jpg").write_bytes(b"plain text")
    return folder


def examples(url: str, key: str) -> str:
    """Return the examples of the page as one program that uses this gallery."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    program = "\n".join(blocks)
    return program.replace("https://gallery.example.org", url).replace("gal_example", key)


def test_examples_of_the_page_run(stack: Stack, photos: Path, key: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", examples(stack.url, key)],
        cwd=photos.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )

    assert ended.returncode == 0, ended.stderr
    assert "done 3" in ended.stdout
    assert "404 /problems/not-found" in ended.stdout
    assert (photos.parent / "gallery.csv").read_text("utf-8-sig").startswith("ID,Name,Timestamp")


def test_examples_of_the_page_type_check(tmp_path: Path) -> None:
    program = tmp_path / "consumer.py"
    program.write_text(examples("http://127.0.0.1:8000", "gal_key"))
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(program)]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.anyio
async def test_both_clients_upload_search_and_export(
    stack: Stack, photos: Path, key: str, tmp_path: Path
) -> None:
    async with AsyncGallery(stack.url, key) as asynchronous:
        upload = await asynchronous.upload([photos])
        job = await asynchronous.wait(upload)
        assert (job.counts.done, job.counts.rejected) == (3, 1)
        assert [file.path.name for file in upload.failed] == ["text.jpg"]
        found = [image async for image in asynchronous.search(limit=2)]
        csv = await asynchronous.export(tmp_path / "a.csv")
        frame = await asynchronous.to_pandas()

    with Gallery(stack.url, key) as gallery:
        assert [image.id for image in gallery.search(limit=2)] == [image.id for image in found]
        assert gallery.export(tmp_path / "b.csv").read_bytes() == csv.read_bytes()
        assert gallery.to_pandas()["id"].tolist() == frame["id"].tolist()
        assert [file.outcome for file in gallery.upload([photos]).files].count("known") == 3
        original = gallery.download(found[0].id, tmp_path / "original.jpg")
        assert original.read_bytes() == (photos / found[0].name).read_bytes()
        assert gallery.similar(found[0].id, limit=1)
        assert gallery.status().workers.state == "ready"
        assert "image/jpeg" in gallery.limits().media_types
        with pytest.raises(RequestRefusedError, match="There is no"):
            gallery.get_job("00000000-0000-0000-0000-000000000000")
