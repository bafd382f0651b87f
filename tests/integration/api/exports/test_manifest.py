"""Exports with a manifest, and exports of chosen images."""

import csv
import hashlib
import io
import json
import subprocess
import threading
import zipfile
from uuid import uuid4

import pytest
from httpx2 import AsyncClient

import api.exports.formats
from api.exports.zip_stream import ZipStream
from tests.support.exports import export

pytestmark = pytest.mark.anyio


async def test_originals_with_manifest_are_packed_in_thread_without_compression(
    client: AsyncClient, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, threads = ZipStream.write, set[int]()

    def record_thread(archive: ZipStream, data: bytes) -> None:
        if len(data) > 1000:
            threads.add(threading.get_ident())
        write(archive, data)

    monkeypatch.setattr("api.exports.zip_stream.ZipStream.write", record_thread)
    response = await export(client, format="zip", manifest="true")
    packed = zipfile.ZipFile(io.BytesIO(response.content))

    assert all(each.compress_size >= each.file_size for each in packed.infolist())
    originals = zipfile.ZipFile(io.BytesIO(packed.read("gallery.zip")))
    assert len(originals.namelist()) == len(ids)
    manifest = json.loads(packed.read("manifest.json"))
    assert manifest["sha256"] == hashlib.sha256(packed.read("gallery.zip")).hexdigest()
    assert threads
    assert threading.get_ident() not in threads


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet", "xlsx", "zip"])
async def test_export_is_reproducible_and_manifest_describes_it(
    client: AsyncClient, file_format: str
) -> None:
    parameters = {"format": file_format, "q": "ball score:>=0.02"}
    first, second = [(await export(client, **parameters)).content for _ in range(2)]
    packed = zipfile.ZipFile(
        io.BytesIO((await export(client, **parameters, manifest="true")).content)
    )
    manifest = json.loads(packed.read("manifest.json"))

    assert first == second
    assert packed.read(f"gallery.{file_format}") == first
    assert manifest == {
        "file": f"gallery.{file_format}",
        "bytes": len(first),
        "sha256": hashlib.sha256(first).hexdigest(),
        "query": "ball score:>=0.02",
        "min_score": 0.0,
        "status": None,
        "models": ["test"],
        "rows": 1,
    }


async def test_thousands_of_chosen_images_are_exported(client: AsyncClient, ids: list[str]) -> None:
    chosen = [ids[2], *(str(uuid4()) for _ in range(5000)), ids[0]]
    response = await client.post("/api/v1/export", json={"ids": chosen})

    assert response.status_code == 200, response.text
    assert response.content == (await export(client, ids=[ids[0], ids[2]])).content
    assert len(list(csv.reader(io.StringIO(response.text)))) == 1 + 2

    packed = await client.post(
        "/api/v1/export", params={"format": "jsonl", "manifest": True}, json={"ids": chosen}
    )
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(packed.content)).read("manifest.json"))
    assert (manifest["ids"], manifest["rows"], manifest["models"]) == (len(chosen), 2, ["test"])
    assert manifest["ids_sha256"] == digest(chosen)


def digest(ids: list[str]) -> str:
    """Compute the hash of ids, one per line, with shell commands."""
    lines = "".join(f"{each}\n" for each in ids)
    result = subprocess.run(
        ["/bin/sh", "-c", "sort -u | sha256sum"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.split()[0]


async def test_manifest_identifies_chosen_images(client: AsyncClient, ids: list[str]) -> None:
    packed = await export(client, format="jsonl", manifest="true", ids=[ids[2], ids[1], ids[2]])
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(packed.content)).read("manifest.json"))

    assert (manifest["query"], manifest["ids"], manifest["ids_sha256"]) == ("", 2, digest(ids[1:]))


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize(
    ("file_format", "expected"), [("csv", ["images", "models"]), ("jsonl", ["images"])]
)
async def test_models_are_queried_after_images(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, file_format: str, expected: list[str]
) -> None:
    reads: list[str] = []

    def record(name: str, what: str) -> None:
        read = getattr(api.exports.formats, name)

        def recorded(*arguments: object) -> object:
            reads.append(what)
            return read(*arguments)

        monkeypatch.setattr(api.exports.formats, name, recorded)

    for name in ("copy_csv", "read_images"):
        record(name, "images")
    record("list_models", "models")
    packed = await export(client, format=file_format, manifest="true")
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(packed.content)).read("manifest.json"))

    assert reads == expected
    assert manifest["models"] == ["test"]
