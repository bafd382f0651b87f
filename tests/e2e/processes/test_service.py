"""The whole way on real processes: an API and a worker with the real model."""

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.settings import Settings
from tests.support.images import encode, jpeg, make_image
from tests.support.processes import Stack, running_stack, until


def with_changes(settings: Settings, **changes: object) -> Settings:
    return Settings.model_validate(settings.model_dump(exclude_unset=True) | changes)


@pytest.fixture(params=["local", "s3"])
def stack(
    request: pytest.FixtureRequest,
    settings: Settings,
    weights: Path,
    compiled_model: Path,
    tmp_path: Path,
) -> Iterator[Stack]:
    """A service on each kind of object storage."""
    assert compiled_model.is_file()
    settings = with_changes(settings, weights=weights)
    if request.param == "s3":
        server = request.getfixturevalue("s3_server")
        settings = with_changes(settings, objects_url=server.url("gallery"))
    with running_stack(settings, tmp_path) as stack:
        yield stack


def photos_and_answers(folder: Path) -> dict[str, tuple[str, float]]:
    """The top-1 that the photographs' README names, by file."""
    rows = re.findall(
        r"^\| (\S+\.jpg) \|[^|]*\| (\S+) (\d+) %", (folder / "README.md").read_text(), re.MULTILINE
    )
    return {name: (label, int(percent) / 100) for name, label, percent in rows}


def test_photographs_get_the_reference_pipelines_tags(stack: Stack, photos: Path) -> None:
    answers = photos_and_answers(photos)
    assert len(answers) == 6
    files = [(name, (photos / name).read_bytes()) for name in answers]
    job = stack.wait_for_job(stack.post_files(*files)["id"])

    best = {item["name"]: item["predictions"][0] for item in job["items"]}
    for name, (label, score) in answers.items():
        assert best[name]["label"] == label
        # The README rounds to whole percents; the contract is half a point.
        assert abs(best[name]["score"] - score) <= 0.01, name
    for item in job["items"]:
        thumbnail = httpx.get(f"{stack.url}/api/v1/images/{item['image_id']}/thumbnail")
        assert thumbnail.content.startswith(b"\xff\xd8\xff")


def test_bad_files_get_their_reasons_and_good_ones_their_tags(stack: Stack) -> None:
    whole = jpeg(1)
    job = stack.post_files(
        ("good.jpg", whole),
        ("text.jpg", b"I am a text"),
        ("cut.jpg", whole[: len(whole) // 2]),
        ("empty.jpg", b""),
        ("good.png", encode(make_image(2), "PNG")),
        ("again.jpg", whole),
    )
    job = stack.wait_for_job(job["id"])

    assert [
        (
            item["outcome"],
            item["status"],
            (item["problem"] or {}).get("code"),
            len(item["predictions"]),
        )
        for item in job["items"]
    ] == [
        ("accepted", "done", None, 5),
        ("rejected", None, "unsupported_type", 0),
        ("accepted", "failed", "truncated", 0),
        ("rejected", None, "empty", 0),
        ("accepted", "done", None, 5),
        ("duplicate", "done", None, 5),
    ]
    counts = job["counts"]
    assert counts.pop("total") == sum(counts.values()) == 6


def test_the_csv_says_what_the_api_says(stack: Stack) -> None:
    job = stack.wait_for_job(stack.post_files(*((f"{n}.jpg", jpeg(n)) for n in range(20)))["id"])
    text = httpx.get(f"{stack.url}/api/v1/export?format=csv").text
    rows = {row["ID"]: row for row in csv.DictReader(io.StringIO(text))}

    assert len(rows) == 20
    for item in job["items"]:
        row = rows[item["image_id"]]
        for prediction in item["predictions"]:
            rank = prediction["rank"]
            assert row[f"Label {rank}"] == prediction["label"]
            assert float(row[f"Score {rank}"].rstrip("%")) == pytest.approx(
                prediction["score"] * 100, abs=0.00501
            )


def test_jobs_wait_for_weights_and_finish_once_they_are_there(
    settings: Settings, weights: Path, compiled_model: Path, tmp_path: Path
) -> None:
    assert compiled_model.is_file()  # by content, so that the copy below need not be compiled
    later = tmp_path / "later.weights.h5"
    settings = with_changes(settings, weights=later)
    with running_stack(settings, tmp_path, workers=0) as stack:
        stack.start("worker")
        job = stack.post_files(("a.jpg", jpeg(1)))
        until(
            lambda: stack.get("/api/v1/status")["workers"]["state"] == "no_weights",
            seconds=90,
            what="the worker to miss its weights",
        )
        readiness = stack.get("/readyz")
        assert str(tmp_path) in readiness["checks"]["workers"]["detail"]
        assert stack.log("worker").count("No MobileNetV2 weights") == 1
        assert stack.get(f"/api/v1/jobs/{job['id']}")["status"] == "queued"

        shutil.copy(weights, later)
        assert stack.wait_for_job(job["id"], seconds=120)["counts"]["done"] == 1
