"""Tests of docker-compose.yml: `pytest tests/compose` on a machine with Docker.

Not part of `make test`, since they build container images, which takes minutes. The tests depend on
one another and run in the order of this file.
"""

import csv
import hashlib
import io
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.compose.containers import PORT, Containers
from tests.compose.photos import make_variants, read_photos

pytestmark = pytest.mark.timeout(1800)

# Top class of each photograph and its score in percent, according to Keras.
TOP_CLASSES = {
    "cat_1080p.jpg": ("Egyptian_cat", 80),
    "hot_dog.jpg": ("hotdog", 80),
    "kite_and_cold.jpg": ("seashore", 49),
    "owl.jpg": ("ruffed_grouse", 31),
    "parrot.jpg": ("macaw", 94),
    "pets.jpg": ("Boston_bull", 81),
}


def test_photographs_get_the_predictions_of_keras(containers: Containers) -> None:
    job = containers.submit(read_photos().items())
    follow(containers, job["id"])

    top = {image["name"]: image["predictions"][0] for image in images(containers)}
    assert {
        name: (each["label"], round(each["score"] * 100)) for name, each in top.items()
    } == TOP_CLASSES


def test_export_has_a_row_for_each_image(containers: Containers) -> None:
    rows = csv.DictReader(io.StringIO(containers.get("/api/v1/export", format="csv").text))

    labels = {name: label for name, (label, _) in TOP_CLASSES.items()}
    assert {row["Name"]: row["Label 1"] for row in rows} == labels


def test_killing_a_worker_and_an_api_process_loses_no_image(containers: Containers) -> None:
    containers.up(worker=4, api=2)
    variants = list(make_variants(240))
    requests = [variants[start : start + 6] for start in range(0, 240, 6)]
    with ThreadPoolExecutor(max_workers=4) as pool:
        submissions = [pool.submit(containers.submit, request) for request in requests]
        submissions[len(submissions) // 3].result()
        containers.kill_one("worker")
        containers.kill_one("api")
        assert not all(each.done() for each in submissions)
        jobs = [each.result() for each in submissions]

    for job in jobs:
        follow(containers, job["id"])
    submitted = {item["image_id"] for job in jobs for item in job["items"]}
    done = {image["id"] for image in images(containers) if image["status"] == "done"}

    assert len(submitted) == 240
    assert submitted <= done


def test_restart_preserves_all_data(containers: Containers) -> None:
    before = {image["id"]: image["predictions"] for image in images(containers)}
    containers.compose("down")
    containers.up(worker=2, api=1)

    assert {image["id"]: image["predictions"] for image in images(containers)} == before
    for image_id in before:
        assert containers.get(f"/api/v1/images/{image_id}/original").content
        assert containers.get(f"/api/v1/images/{image_id}/thumbnail").content


def test_restore_recovers_the_gallery_from_a_backup(containers: Containers, tmp_path: Path) -> None:
    before = fingerprints(containers)
    containers.script("backup.sh", str(tmp_path))
    with pytest.raises(AssertionError, match="A gallery exists already"):
        containers.script("restore.sh", str(tmp_path))

    containers.compose("down", "--volumes")
    containers.script("restore.sh", str(tmp_path))
    containers.up(worker=1, api=1)

    assert fingerprints(containers) == before


def test_later_start_keeps_the_replicas_of_the_variable(containers: Containers) -> None:
    """O1: every start after the first failed. O3: it reduced the workers to one."""
    for _ in range(2):
        containers.compose("up", "--detach", "--wait")

    assert len(containers.containers("worker")) == 2
    assert containers.get("/readyz").json()["status"] == "ready"


def test_no_anonymous_volume_is_left_behind(containers: Containers) -> None:
    """O5: each run of `migrate` left one."""
    assert containers.volumes() == {"database", "objects", "received", "secrets", "spool"}


def test_upload_without_a_key_is_refused_before_it_is_read(containers: Containers) -> None:
    """S5: nginx buffered 258 MB of it first. Creates a key, so it is the last test."""
    containers.compose("exec", "-T", "api", "gallery", "keys", "create", "me")
    time.sleep(2)  # open access ends within a second
    head = (
        "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 200000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(PORT)), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(4096).decode()

    assert answer.startswith("HTTP/1.1 401 ")
    assert "application/problem+json" in answer


def fingerprints(containers: Containers) -> dict[str, tuple[Any, str, str]]:
    """Return the JSON of each image, and the hashes of its original and thumbnail."""
    with httpx2.Client(base_url=containers.url, timeout=60) as client:

        def file_hash(image_id: str, file: str) -> str:
            response = client.get(f"/api/v1/images/{image_id}/{file}").raise_for_status()
            return hashlib.sha256(response.content).hexdigest()

        return {
            image["id"]: (
                image,
                file_hash(image["id"], "original"),
                file_hash(image["id"], "thumbnail"),
            )
            for image in images(containers)
        }


def follow(containers: Containers, job_id: str) -> None:
    """Wait with long polls until a job has ended."""
    for _ in range(30):
        job = containers.get(f"/api/v1/jobs/{job_id}", wait=20, items="none").json()
        if job["status"] == "done":
            return
    raise AssertionError(f"The job has not ended: {job}")


def images(containers: Containers) -> Iterator[dict[str, Any]]:
    """Yield all images of the gallery, page by page."""
    page = containers.get("/api/v1/images", limit=100).json()
    yield from page["items"]
    while page["next"] is not None:
        page = containers.get("/api/v1/images", limit=100, cursor=page["next"]).json()
        yield from page["items"]
