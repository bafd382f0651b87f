"""The `gallery` command against a real gallery, from outside."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.database.queries.api_keys import create_key
from infra.settings import Settings
from tests.support.factories import execute
from tests.support.images import jpeg
from tests.support.paths import ROOT
from tests.support.processes import Stack, environment_of, running_stack


@pytest.fixture
def stack(settings: Settings, tmp_path: Path) -> Iterator[Stack]:
    with running_stack(settings, tmp_path, workers=0) as stack:
        yield stack


def gallery(stack: Stack, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=ROOT,
        env=environment_of(Settings(), **more) | {"GALLERY_URL": stack.url, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def lines(ended: subprocess.CompletedProcess[str]) -> list[Any]:
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty pictures in two folders, and a file that is none."""
    folder = tmp_path / "pictures"
    for number in range(20):
        place = folder / ("deep/er" if number % 2 else "")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:02}.jpg").write_bytes(jpeg(number))
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_folder_is_sent_once(stack: Stack, settings: Settings, folder: Path) -> None:
    first = gallery(stack, "upload", str(folder), "--no-wait", "--json")
    assert first.returncode == 0, first.stderr
    assert [each["outcome"] for each in lines(first)] == ["accepted"] * 20

    (folder / "new.jpg").write_bytes(jpeg(99))
    again = gallery(stack, "upload", str(folder), "--no-wait", "--json")
    outcomes = {Path(each["file"]).name: each["outcome"] for each in lines(again)}
    assert outcomes.pop("new.jpg") == "accepted"
    assert set(outcomes.values()) == {"known"}
    url = settings.require_database_url()
    assert execute(url, "SELECT item_count FROM jobs ORDER BY created_at") == [(20,), (1,)]


def test_the_exit_status_tells_of_a_bad_file(stack: Stack, folder: Path) -> None:
    ended = gallery(stack, "upload", str(folder), str(folder / "notes.txt"), "--no-wait", "--json")

    assert ended.returncode == 1
    bad = [each for each in lines(ended) if each["outcome"] != "accepted"]
    assert [(Path(each["file"]).name, each["outcome"]) for each in bad] == [
        ("notes.txt", "rejected")
    ]
    assert "not a JPEG" in bad[0]["problem"]


def test_what_was_sent_is_listed_and_exported(stack: Stack, folder: Path, tmp_path: Path) -> None:
    gallery(stack, "upload", str(folder), "--no-wait")

    [job] = lines(gallery(stack, "jobs", "--json"))
    assert job["counts"]["total"] == 20
    assert len(lines(gallery(stack, "search", "--json", "--limit", "7"))) == 7
    to = tmp_path / "gallery.csv"
    assert gallery(stack, "export", str(to)).returncode == 0
    assert to.read_text("utf-8-sig").startswith("ID,Name,Timestamp")
    sick = gallery(stack, "doctor")
    assert sick.returncode == 1
    assert "NOT WELL  workers: No worker is running." in sick.stderr


def test_a_key_opens_and_its_lack_is_said(stack: Stack, settings: Settings, folder: Path) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        key = create_key(conn, "script", ["submit"])

    refused = gallery(stack, "upload", str(folder), GALLERY_KEY="gal_wrong")
    assert refused.returncode == 1
    assert "Missing or invalid API key" in refused.stderr
    assert gallery(stack, "upload", str(folder), "--no-wait", GALLERY_KEY=key).returncode == 0


@pytest.mark.parametrize("asked", [["doctor"], ["export", "{folder}/gallery.csv"]], ids=" ".join)
def test_a_gallery_that_is_not_there_is_said(tmp_path: Path, asked: list[str]) -> None:
    command = [each.format(folder=tmp_path) for each in asked]
    ended = subprocess.run(
        [sys.executable, "-m", "cli", *command, "--url", "http://127.0.0.1:8698"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ended.returncode == 1
    assert "does not answer" in ended.stderr
    assert "Traceback" not in ended.stderr
