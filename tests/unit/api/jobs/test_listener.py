"""Change signals of the job listener."""

import time

import pytest

from api.jobs.listener import JobListener

pytestmark = pytest.mark.anyio


async def test_change_before_wait_is_not_missed() -> None:
    job_listener = JobListener("postgresql://unused")
    change = job_listener.next()
    job_listener.pulse()

    started = time.monotonic()
    await change.wait(30)
    assert time.monotonic() - started < 10


async def test_wait_ends_after_timeout_without_change() -> None:
    await JobListener("postgresql://unused").next().wait(0.01)


async def test_earlier_change_does_not_end_wait() -> None:
    job_listener = JobListener("postgresql://unused")
    job_listener.pulse()
    change = job_listener.next()

    started = time.monotonic()
    await change.wait(0.05)
    assert time.monotonic() - started >= 0.05
