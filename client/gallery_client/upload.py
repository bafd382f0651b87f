"""Upload of many files: hash, skip known images, send in parallel. Also: wait for a job."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import uuid4

from gallery_client.errors import GalleryError, JobUnfinishedError, UnavailableError
from gallery_client.files import LocalFile, find_files, group, read_hash
from gallery_client.flow import Block, Caller, Flow, Together
from gallery_client.models import Job, JobItem, JobSummary
from gallery_client.operations import Request, add_images, create_job, find_known, get_job

PARALLEL_REQUESTS = 4
FILES_PER_REQUEST = 8
BYTES_PER_REQUEST = 16 << 20
HASHES_PER_REQUEST = 1000  # the API's limit
POLL_SECONDS = 20.0  # long polling


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of an upload or of a job: `done` of `total` files or images."""

    stage: Literal["reading", "uploading", "classifying"]
    done: int
    total: int


OnProgress = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """Do nothing."""


@dataclass(slots=True)
class Upload:
    """Result of an upload.

    Attributes:
        files: Files with the outcome of each.
        job_id: Id of the job; None if the gallery had all images, or no file could be sent.
    """

    files: list[LocalFile] = field(default_factory=list)
    job_id: str | None = None

    @property
    def failed(self) -> list[LocalFile]:
        """Files that were rejected or could not be sent, and failed images."""
        return [file for file in self.files if not file.is_ok]

    def update(self, job: Job) -> None:
        """Set the status of each file from the items of its job."""
        items = {item.image_id: item for item in job.items if item.image_id}
        for file in self.files:
            if file.image_id in items:
                _set_status(file, items[file.image_id])


def upload(caller: Caller, paths: Iterable[Path | str], on_progress: OnProgress) -> Flow[Upload]:
    """Upload the files, and the images in the folders, that the gallery does not have.

    Raises:
        GalleryError: There are no images in the folders, or the gallery cannot be reached.
    """
    result = Upload(list(find_files([Path(path) for path in paths])))
    if not result.files:
        raise GalleryError("No images found in the given folders.")
    yield from _hash(result.files, on_progress)
    yield from _mark_known(caller, result.files)
    sender = _Sender(caller, result, on_progress)
    groups = list(group(sender.waiting, max_files=FILES_PER_REQUEST, max_bytes=BYTES_PER_REQUEST))
    while groups and result.job_id is None:
        yield from sender.send(groups.pop(0))  # alone, because it creates the job
    yield Together([sender.send(files) for files in groups], PARALLEL_REQUESTS)
    return result


def _hash(files: Sequence[LocalFile], on_progress: OnProgress) -> Flow[None]:
    finished: list[LocalFile] = []

    def read(file: LocalFile) -> Flow[None]:
        yield Block(partial(read_hash, file))
        finished.append(file)
        on_progress(Progress("reading", len(finished), len(files)))

    yield Together([read(file) for file in files], PARALLEL_REQUESTS)


def _mark_known(caller: Caller, files: Sequence[LocalFile]) -> Flow[None]:
    readable = [file for file in files if file.sha256]
    for start in range(0, len(readable), HASHES_PER_REQUEST):
        part = readable[start : start + HASHES_PER_REQUEST]
        found = yield from caller.call(find_known([file.sha256 for file in part]))
        known = {each.sha256: each.image_id for each in found.items}
        for file in part:
            if file.sha256 in known:
                file.outcome, file.image_id = "known", known[file.sha256]


class _Sender:
    """Sends groups of files to one job. After an outage, the remaining groups fail at once."""

    def __init__(self, caller: Caller, result: Upload, on_progress: OnProgress) -> None:
        self.waiting = [file for file in result.files if file.outcome == "waiting"]
        self._caller = caller
        self._result = result
        self._on_progress = on_progress
        self._outage: UnavailableError | None = None

    def send(self, files: list[LocalFile]) -> Flow[None]:
        """Send files in one request and set their outcomes."""
        try:
            if self._outage:
                raise self._outage
            job = yield from self._caller.call(self._request(files), is_patient=True)
        except (GalleryError, OSError) as error:
            if isinstance(error, UnavailableError):
                self._outage = error
            for file in files:
                file.fail(str(error))
        else:
            self._result.job_id = job.id
            for file, item in zip(files, job.items, strict=True):
                file.outcome, file.image_id = item.outcome, item.image_id
                _set_status(file, item)
        sent = sum(file.outcome != "waiting" for file in self.waiting)
        self._on_progress(Progress("uploading", sent, len(self.waiting)))

    def _request(self, files: list[LocalFile]) -> Request[Job]:
        """Return the request. Its repetitions have the same idempotency key."""
        paths = [file.path for file in files]
        key = str(uuid4())
        if self._result.job_id is None:
            return create_job(paths, idempotency_key=key)
        return add_images(self._result.job_id, paths, idempotency_key=key)


def _set_status(file: LocalFile, item: JobItem) -> None:
    file.status = item.status
    file.problem = item.problem.detail if item.problem else None


def wait(
    caller: Caller,
    job: str | JobSummary | Upload,
    timeout_seconds: float | None,
    on_progress: OnProgress,
) -> Flow[Job]:
    """Poll a job until all of its images are finished, and return it with its items.

    Raises:
        JobUnfinishedError: The timeout has passed, or the gallery did not respond for too long.
        RequestRefusedError: The job does not exist, or the key may not read it.
        ValueError: The upload has no job.
    """
    job_id = _id_of(job)
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    try:
        while True:
            left = POLL_SECONDS if deadline is None else max(0, deadline - time.monotonic())
            request = get_job(job_id, wait=min(left, POLL_SECONDS), items="none")
            counts = (yield from caller.call(request, is_patient=True)).counts
            on_progress(Progress("classifying", counts.total - counts.unfinished, counts.total))
            if not counts.unfinished:
                break
            if left <= 0:
                raise JobUnfinishedError(job_id, f"Waited for {timeout_seconds:.0f} s.")
        finished = yield from caller.call(get_job(job_id), is_patient=True)
    except UnavailableError as error:
        raise JobUnfinishedError(job_id, str(error)) from error
    if isinstance(job, Upload):
        job.update(finished)
    return finished


def _id_of(job: str | JobSummary | Upload) -> str:
    if isinstance(job, JobSummary):
        return job.id
    job_id = job.job_id if isinstance(job, Upload) else job
    if job_id is None:
        raise ValueError("The upload has no job: the gallery had all images.")
    return job_id
