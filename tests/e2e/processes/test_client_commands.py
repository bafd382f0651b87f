"""Client commands of `gallery` against a running API."""

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
    """Run `gallery` with these arguments and further environment variables."""
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
    """Twenty images in two folders, and a text file."""
    folder = tmp_path / "images"
    for number in range(20):
        place = folder / ("nested/deeper" if number % 2 else "")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:02}.jpg").write_bytes(jpeg(number))
    (folder / "notes.txt").write_text("plain text")
    return folder


def test_known_images_are_not_uploaded_again(
    stack: Stack, settings: Settings, folder: Path
) -> None:
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


def test_exit_status_is_1_if_a_file_is_rejected(stack: Stack, folder: Path) -> None:
    ended = gallery(stack, "upload", str(folder), str(folder / "notes.txt"), "--no-wait", "--json")

    assert ended.returncode == 1
    bad = [each for each in lines(ended) if each["outcome"] != "accepted"]
    assert [(Path(each["file"]).name, each["outcome"]) for each in bad] == [
        ("notes.txt", "rejected")
    ]
    assert "not a JPEG" in bad[0]["problem"]


def test_uploaded_images_are_listed_and_exported(
    stack: Stack, folder: Path, tmp_path: Path
) -> None:
    gallery(stack, "upload", str(folder), "--no-wait")

    [job] = lines(gallery(stack, "jobs", "--json"))
    assert job["counts"]["total"] == 20
    assert len(lines(gallery(stack, "search", "--json", "--limit", "7"))) == 7
    file = tmp_path / "gallery.csv"
    assert gallery(stack, "export", str(file)).returncode == 0
    assert file.read_text("utf-8-sig").startswith("ID,Name,Timestamp")


def test_jobs_wait_prints_how_to_resume(stack: Stack, folder: Path) -> None:
    """Finding C1: giving up printed neither the job nor the command that resumes."""
    gallery(stack, "upload", str(folder), "--no-wait")
    [job] = lines(gallery(stack, "jobs", "--json"))

    gave_up = gallery(stack, "jobs", "wait", job["id"], "--timeout", "0")
    assert gave_up.returncode == 1
    assert f"Resume with: gallery jobs wait {job['id']}" in gave_up.stderr

    assert gallery(stack, "jobs", "cancel", job["id"]).returncode == 0
    finished = gallery(stack, "jobs", "wait", job["id"])
    assert finished.returncode == 0, finished.stderr
    assert "cancelled, 20 files, 0 done, 0 waiting" in finished.stderr
    assert "20 files" in gallery(stack, "jobs", "retry", job["id"]).stderr


def test_images_are_deleted_restored_and_retried(stack: Stack, folder: Path) -> None:
    uploaded = lines(gallery(stack, "upload", str(folder), "--no-wait", "--json"))
    ids = [each["image_id"] for each in uploaded[:3]]

    assert "3 images moved to the trash" in gallery(stack, "delete", *ids).stderr
    assert len(lines(gallery(stack, "search", "--json"))) == 17
    assert "3 images restored" in gallery(stack, "restore", *ids).stderr
    assert "0 images queued" in gallery(stack, "retry").stderr


def test_doctor_fails_without_workers(stack: Stack) -> None:
    ended = gallery(stack, "doctor")

    assert ended.returncode == 1
    assert "FAILED  workers: No worker" in ended.stderr


def test_invalid_key_is_refused(stack: Stack, settings: Settings, folder: Path) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        key = create_key(conn, "script", ["submit"])

    refused = gallery(stack, "upload", str(folder), GALLERY_KEY="gal_wrong")
    assert refused.returncode == 1
    assert "Missing or invalid API key" in refused.stderr
    assert gallery(stack, "upload", str(folder), "--no-wait", GALLERY_KEY=key).returncode == 0


@pytest.mark.parametrize("command", [["doctor"], ["export", "{folder}/gallery.csv"]], ids=" ".join)
def test_unreachable_gallery_is_reported(tmp_path: Path, command: list[str]) -> None:
    arguments = [each.format(folder=tmp_path) for each in command]
    ended = subprocess.run(
        [sys.executable, "-m", "cli", *arguments, "--url", "http://127.0.0.1:8698"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ended.returncode == 1
    assert "No response from http://127.0.0.1:8698" in ended.stderr
    assert "Traceback" not in ended.stderr
