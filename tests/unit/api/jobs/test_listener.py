"""Waiting for changes without missing any."""

import time

import pytest

from api.jobs.listener import JobListener

pytestmark = pytest.mark.anyio


async def test_a_change_between_asking_and_waiting_is_not_missed() -> None:
    job_listener = JobListener("postgresql://nowhere")
    change = job_listener.next()
    job_listener.pulse()

    began = time.monotonic()
    await change.wait(30)
    assert time.monotonic() - began < 10


async def test_without_a_change_the_wait_ends_all_the_same() -> None:
    await JobListener("postgresql://nowhere").next().wait(0.01)


async def test_a_change_of_the_past_is_none_to_come() -> None:
    job_listener = JobListener("postgresql://nowhere")
    job_listener.pulse()
    change = job_listener.next()

    began = time.monotonic()
    await change.wait(0.05)
    assert time.monotonic() - began >= 0.05
