"""The compose stack, run for real: `pytest tests/compose` on a machine with Docker.

Not part of `make test`, since it builds images and takes minutes. The tests build on one another,
in the order they stand here.
"""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pictures import make_variants, read_photos
from stack import Stack

pytestmark = pytest.mark.timeout(1800)

BEST = {
    "cat_1080p.jpg": "Egyptian_cat",
    "hot_dog.jpg": "hotdog",
    "kite_and_cold.jpg": "seashore",
    "owl.jpg": "ruffed_grouse",
    "parrot.jpg": "macaw",
    "pets.jpg": "Boston_bull",
}


def test_photographs_get_their_tags(stack: Stack) -> None:
    job = stack.send(read_photos().items())
    follow(stack, job["id"])

    assert {image["name"]: image["predictions"][0]["label"] for image in images(stack)} == BEST


def test_the_export_has_a_row_for_each(stack: Stack) -> None:
    rows = csv.DictReader(io.StringIO(stack.get("/api/v1/export", format="csv").text))

    assert {row["Name"]: row["Label 1"] for row in rows} == BEST


def test_killing_a_worker_and_an_api_loses_nothing(stack: Stack) -> None:
    stack.up(worker=4, api=2)
    pictures = list(make_variants(240))
    requests = [pictures[start : start + 6] for start in range(0, 240, 6)]
    with ThreadPoolExecutor(max_workers=4) as pool:
        sending = [pool.submit(stack.send, request) for request in requests]
        sending[len(sending) // 3].result()
        stack.kill_one("worker")
        stack.kill_one("api")
        assert not all(each.done() for each in sending)
        jobs = [each.result() for each in sending]

    for job in jobs:
        follow(stack, job["id"])
    sent = {item["image_id"] for job in jobs for item in job["items"]}
    done = {image["id"] for image in images(stack) if image["status"] == "done"}

    assert len(sent) == 240
    assert sent <= done


def test_a_new_start_finds_everything(stack: Stack) -> None:
    before = {image["id"]: image["predictions"] for image in images(stack)}
    stack.compose("down")
    stack.up(worker=2, api=1)

    assert {image["id"]: image["predictions"] for image in images(stack)} == before
    for image_id in before:
        assert stack.get(f"/api/v1/images/{image_id}/original").content
        assert stack.get(f"/api/v1/images/{image_id}/thumbnail").content


def follow(stack: Stack, job_id: str) -> None:
    """Wait, by long polls, until a job is over."""
    for _ in range(30):
        job = stack.get(f"/api/v1/jobs/{job_id}", wait=20, items="none").json()
        if job["status"] == "done":
            return
    raise AssertionError(f"The job is not over: {job}")


def images(stack: Stack) -> Iterator[dict[str, Any]]:
    """Every image of the gallery, page by page."""
    page = stack.get("/api/v1/images", limit=100).json()
    yield from page["items"]
    while page["next"] is not None:
        page = stack.get("/api/v1/images", limit=100, cursor=page["next"]).json()
        yield from page["items"]
