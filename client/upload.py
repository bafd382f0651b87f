"""Upload of many files: hash, skip known images, send in parallel, wait for the results."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from client.files import LocalFile, group, read_hash
from client.http import GalleryClient, RequestFailedError

PARALLEL_REQUESTS = 4
FILES_PER_REQUEST = 8
BYTES_PER_REQUEST = 16 << 20
POLL_SECONDS = 20  # long polling

Step = Callable[[Sequence[LocalFile]], None]


class Upload:
    """Upload of a list of files under one job.

    Attributes:
        files: Files with the state of their upload.
        job_id: Id of the job, once the first request has succeeded.
    """

    def __init__(self, client: GalleryClient, files: Sequence[LocalFile]) -> None:
        self._client = client
        self.files = files
        self.job_id: str | None = None

    def hash(self, on_step: Step) -> None:
        """Hash every file and mark those that the gallery has as `known`.

        Args:
            on_step: Called with the files processed since the last call.
        """
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            for file, _ in zip(self.files, pool.map(read_hash, self.files), strict=True):
                on_step([file])
        readable = [file for file in self.files if file.sha256]
        known = self._client.known([file.sha256 for file in readable])
        for file in readable:
            if file.sha256 in known:
                file.outcome, file.image_id = "known", known[file.sha256]

    def send(self, on_step: Step) -> None:
        """Send the waiting files, the first request alone because it creates the job."""
        waiting = [file for file in self.files if file.outcome == "waiting"]
        groups = list(group(waiting, max_files=FILES_PER_REQUEST, max_bytes=BYTES_PER_REQUEST))
        while groups and self.job_id is None:
            self._send(groups.pop(0), on_step)
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            for future in [pool.submit(self._send, each, on_step) for each in groups]:
                future.result()

    def follow(self, on_step: Callable[[int], None]) -> None:
        """Wait until the job is finished, then set the status of each file.

        Args:
            on_step: Called with the number of images that are finished.
        """
        if self.job_id is None:
            return
        while True:
            job = self._client.get(f"jobs/{self.job_id}", wait=POLL_SECONDS, items="none")
            counts = job["counts"]
            unfinished = counts["queued"] + counts["running"]
            on_step(counts["total"] - unfinished)
            if not unfinished:
                break
        job = self._client.get(f"jobs/{self.job_id}")
        items = {item["image_id"]: item for item in job["items"] if item["image_id"]}
        for file in self.files:
            if file.image_id in items:
                _set_status(file, items[file.image_id])

    def _send(self, files: list[LocalFile], on_step: Step) -> None:
        try:
            job = self._client.submit([file.path for file in files], self.job_id)
        except (RequestFailedError, OSError) as error:
            for file in files:
                file.fail(str(error))
        else:
            self.job_id = job["id"]
            for file, item in zip(files, job["items"], strict=True):
                file.outcome, file.image_id = item["outcome"], item["image_id"]
                _set_status(file, item)
        on_step(files)


def _set_status(file: LocalFile, item: Any) -> None:
    file.status = item["status"]
    file.problem = item["problem"] and item["problem"]["detail"]
