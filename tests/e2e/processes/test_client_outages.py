"""The Python client while the API process is killed and restarted, and when responses are lost."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from gallery_client import Gallery, JobUnfinishedError, Progress, Retries, UnavailableError

from infra.settings import Settings
from tests.support.images import jpeg
from tests.support.lossy_proxy import lossy_proxy
from tests.support.processes import Stack, running_stack, until

SHORT = Retries(first_delay=0.05, max_delay=0.2, outage_seconds=60)


@pytest.fixture
def stack(settings: Settings, tmp_path: Path) -> Iterator[Stack]:
    with running_stack(settings, tmp_path, workers=0) as stack:
        yield stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty images."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.jpg").write_bytes(jpeg(number))
    return folder


def kill_once(stack: Stack) -> Callable[[Progress], None]:
    """Return a progress callback that kills the API after the first request of an upload."""
    killed = threading.Event()

    def kill(step: Progress) -> None:
        if step.stage == "uploading" and not killed.is_set():
            killed.set()
            stack.kill("api")

    return kill


def test_wait_survives_restarts_of_the_api(stack: Stack, folder: Path) -> None:
    """Finding C1: six kills of the API ended a wait although every image was safe."""
    with Gallery(stack.url, retries=SHORT) as gallery, ThreadPoolExecutor(1) as thread:
        upload = gallery.upload([folder / "00.jpg"])
        assert upload.job_id
        waiting = thread.submit(gallery.wait, upload)
        for _ in range(6):
            stack.kill("api")
            time.sleep(0.5)  # an outage that covers several attempts
            stack.start("api")
            stack.wait_for_api()
        assert not waiting.done()
        gallery.cancel_job(upload.job_id)

        assert waiting.result(timeout=60).status == "cancelled"
        assert upload.files[0].status == "cancelled"


def test_wait_gives_up_with_the_command_that_resumes(stack: Stack, folder: Path) -> None:
    """Finding C1: the message named neither the job nor a way to continue."""
    retries = Retries(first_delay=0.05, max_delay=0.2, outage_seconds=1)
    with Gallery(stack.url, retries=retries) as gallery:
        job_id = gallery.upload([folder / "00.jpg"]).job_id
        assert job_id
        stack.kill("api")
        with pytest.raises(JobUnfinishedError) as raised:
            gallery.wait(job_id)

    assert raised.value.job_id == job_id
    assert f"Resume with: gallery jobs wait {job_id}" in str(raised.value)
    assert f"No response from {stack.url}" in str(raised.value)


def test_upload_survives_restarts_of_the_api(stack: Stack, folder: Path) -> None:
    messages: list[str] = []
    retries = Retries(first_delay=0.05, max_delay=0.2, outage_seconds=60, on_retry=messages.append)
    with Gallery(stack.url, retries=retries) as gallery, ThreadPoolExecutor(1) as thread:
        uploading = thread.submit(gallery.upload, [folder], on_progress=kill_once(stack))
        until(lambda: messages, seconds=60, what="a retry")
        stack.start("api")
        upload = uploading.result(timeout=120)
        assert upload.job_id
        job = gallery.get_job(upload.job_id)

    assert upload.failed == []
    assert sorted(item.name for item in job.items) == sorted(path.name for path in folder.iterdir())
    assert job.counts.queued == 40


def test_upload_fails_once_for_all_files_when_the_outage_is_too_long(
    stack: Stack, folder: Path
) -> None:
    retries = Retries(first_delay=0.05, max_delay=0.2, outage_seconds=2)
    with Gallery(stack.url, retries=retries) as gallery:
        begun = time.monotonic()
        upload = gallery.upload([folder], on_progress=kill_once(stack))

    assert time.monotonic() - begun < 60
    assert len(upload.failed) == 32
    assert all("No response from" in str(file.problem) for file in upload.failed)
    assert upload.job_id


def test_interrupt_ends_an_upload_during_an_outage(stack: Stack, folder: Path) -> None:
    with Gallery(stack.url, retries=Retries(outage_seconds=600)) as gallery:
        timer = threading.Timer(2, os.kill, [os.getpid(), signal.SIGINT])

        def kill_and_interrupt(step: Progress) -> None:
            kill(step)
            if step.stage == "uploading" and not timer.is_alive():
                timer.start()

        kill = kill_once(stack)
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            gallery.upload([folder], on_progress=kill_and_interrupt)

    assert time.monotonic() - begun < 60


def test_repeated_uploads_add_no_file_twice(stack: Stack, folder: Path) -> None:
    with (
        lossy_proxy(stack.url) as (url, seen),
        Gallery(url, retries=SHORT) as gallery,
    ):
        upload = gallery.upload([folder])
        [summary] = gallery.jobs()
        job = gallery.get_job(summary.id)

    assert set(seen.values()) == {2}
    assert {file.outcome for file in upload.files} == {"accepted"}
    assert Counter(item.name for item in job.items) == {path.name: 1 for path in folder.iterdir()}


def test_unreachable_gallery_is_reported_soon(folder: Path) -> None:
    """A wrong address must not use the patience that an outage deserves."""
    retries = Retries(request_seconds=0.5, outage_seconds=600)
    with (
        Gallery("http://127.0.0.1:8698", retries=retries) as gallery,
        pytest.raises(UnavailableError, match=r"No response from http://127\.0\.0\.1:8698"),
    ):
        gallery.upload([folder])
