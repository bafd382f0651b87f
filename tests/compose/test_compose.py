"""The compose file, run for real: `pytest tests/compose` on a machine with Docker.

Not part of `make test`, since it builds images and takes minutes. The tests build on one another,
in the order they stand here.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.compose.containers import Containers
from tests.compose.photos import make_variants, read_photos

pytestmark = pytest.mark.timeout(1800)

# What Keras gives for the photographs, in per cent.
BEST = {
    "cat_1080p.jpg": ("Egyptian_cat", 80),
    "hot_dog.jpg": ("hotdog", 80),
    "kite_and_cold.jpg": ("seashore", 49),
    "owl.jpg": ("ruffed_grouse", 31),
    "parrot.jpg": ("macaw", 94),
    "pets.jpg": ("Boston_bull", 81),
}


def test_photographs_get_their_tags(containers: Containers) -> None:
    job = containers.send(read_photos().items())
    follow(containers, job["id"])

    best = {image["name"]: image["predictions"][0] for image in images(containers)}
    assert {
        name: (each["label"], round(each["score"] * 100)) for name, each in best.items()
    } == BEST


def test_the_export_has_a_row_for_each(containers: Containers) -> None:
    rows = csv.DictReader(io.StringIO(containers.get("/api/v1/export", format="csv").text))

    labels = {name: label for name, (label, _) in BEST.items()}
    assert {row["Name"]: row["Label 1"] for row in rows} == labels


def test_killing_a_worker_and_an_api_loses_nothing(containers: Containers) -> None:
    containers.up(worker=4, api=2)
    pictures = list(make_variants(240))
    requests = [pictures[start : start + 6] for start in range(0, 240, 6)]
    with ThreadPoolExecutor(max_workers=4) as pool:
        sending = [pool.submit(containers.send, request) for request in requests]
        sending[len(sending) // 3].result()
        containers.kill_one("worker")
        containers.kill_one("api")
        assert not all(each.done() for each in sending)
        jobs = [each.result() for each in sending]

    for job in jobs:
        follow(containers, job["id"])
    sent = {item["image_id"] for job in jobs for item in job["items"]}
    done = {image["id"] for image in images(containers) if image["status"] == "done"}

    assert len(sent) == 240
    assert sent <= done


def test_a_new_start_finds_everything(containers: Containers) -> None:
    before = {image["id"]: image["predictions"] for image in images(containers)}
    containers.compose("down")
    containers.up(worker=2, api=1)

    assert {image["id"]: image["predictions"] for image in images(containers)} == before
    for image_id in before:
        assert containers.get(f"/api/v1/images/{image_id}/original").content
        assert containers.get(f"/api/v1/images/{image_id}/thumbnail").content


def test_a_backup_restores_the_gallery(containers: Containers, tmp_path: Path) -> None:
    before = fingerprints(containers)
    containers.script("backup.sh", str(tmp_path))
    with pytest.raises(AssertionError, match="There is a gallery here"):
        containers.script("restore.sh", str(tmp_path))

    containers.compose("down", "--volumes")
    containers.script("restore.sh", str(tmp_path))
    containers.up(worker=1, api=1)

    assert fingerprints(containers) == before


def fingerprints(containers: Containers) -> dict[str, tuple[Any, str, str]]:
    """What the gallery says of each picture, and what it serves of it."""
    with httpx.Client(base_url=containers.url, timeout=60) as client:

        def serves(image_id: str, what: str) -> str:
            served = client.get(f"/api/v1/images/{image_id}/{what}").raise_for_status().content
            return hashlib.sha256(served).hexdigest()

        return {
            image["id"]: (image, serves(image["id"], "original"), serves(image["id"], "thumbnail"))
            for image in images(containers)
        }


def follow(containers: Containers, job_id: str) -> None:
    """Wait, by long polls, until a job is over."""
    for _ in range(30):
        job = containers.get(f"/api/v1/jobs/{job_id}", wait=20, items="none").json()
        if job["status"] == "done":
            return
    raise AssertionError(f"The job is not over: {job}")


def images(containers: Containers) -> Iterator[dict[str, Any]]:
    """Every image of the gallery, page by page."""
    page = containers.get("/api/v1/images", limit=100).json()
    yield from page["items"]
    while page["next"] is not None:
        page = containers.get("/api/v1/images", limit=100, cursor=page["next"]).json()
        yield from page["items"]
