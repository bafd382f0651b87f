"""API and worker processes with the real model, on each kind of object storage."""

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
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
    """Run an API and a worker on each kind of object storage."""
    assert compiled_model.is_file()
    settings = with_changes(settings, weights=weights)
    if request.param == "s3":
        server = request.getfixturevalue("s3_server")
        settings = with_changes(settings, objects_url=server.url("gallery"))
    with running_stack(settings, tmp_path) as stack:
        yield stack


def expected_classes(folder: Path) -> dict[str, tuple[str, float]]:
    """Return the best class and its score from the photographs' README, by file name."""
    rows = re.findall(
        r"^\| (\S+\.jpg) \|[^|]*\| (\S+) (\d+) %", (folder / "README.md").read_text(), re.MULTILINE
    )
    return {name: (label, int(percent) / 100) for name, label, percent in rows}


def test_photographs_have_the_predictions_of_the_reference_pipeline(
    stack: Stack, photos: Path
) -> None:
    expected = expected_classes(photos)
    assert len(expected) == 6
    files = [(name, (photos / name).read_bytes()) for name in expected]
    job = stack.wait_for_job(stack.post_files(*files)["id"])

    best = {item["name"]: item["predictions"][0] for item in job["items"]}
    for name, (label, score) in expected.items():
        assert best[name]["label"] == label
        # The README rounds to whole percents; the required accuracy is 0.005.
        assert abs(best[name]["score"] - score) <= 0.01, name
    for item in job["items"]:
        thumbnail = httpx2.get(f"{stack.url}/api/v1/images/{item['image_id']}/thumbnail")
        assert thumbnail.content.startswith(b"\xff\xd8\xff")


def test_invalid_files_fail_and_valid_files_are_classified(stack: Stack) -> None:
    intact = jpeg(1)
    job = stack.post_files(
        ("good.jpg", intact),
        ("text.jpg", b"plain text"),
        ("truncated.jpg", intact[: len(intact) // 2]),
        ("empty.jpg", b""),
        ("good.png", encode(make_image(2), "PNG")),
        ("again.jpg", intact),
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


def test_csv_export_equals_the_api(stack: Stack) -> None:
    job = stack.wait_for_job(stack.post_files(*((f"{n}.jpg", jpeg(n)) for n in range(20)))["id"])
    text = httpx2.get(f"{stack.url}/api/v1/export?format=csv").text
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


def test_jobs_stay_queued_until_weights_exist(
    settings: Settings, weights: Path, compiled_model: Path, tmp_path: Path
) -> None:
    assert compiled_model.is_file()  # cached by content hash; a copy needs no compilation
    later = tmp_path / "later.weights.h5"
    settings = with_changes(settings, weights=later)
    with running_stack(settings, tmp_path, workers=0) as stack:
        stack.start("worker")
        job = stack.post_files(("a.jpg", jpeg(1)))
        until(
            lambda: stack.get("/api/v1/status")["workers"]["state"] == "no_weights",
            seconds=90,
            what="the worker state no_weights",
        )
        readiness = stack.get("/readyz")
        assert str(tmp_path) in readiness["checks"]["workers"]["detail"]
        assert stack.log("worker").count("No MobileNetV2 weights") == 1
        assert stack.get(f"/api/v1/jobs/{job['id']}")["status"] == "queued"

        shutil.copy(weights, later)
        assert stack.wait_for_job(job["id"], seconds=120)["counts"]["done"] == 1
