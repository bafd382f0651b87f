"""Sending files: each once, several at a time, and the truth about every one of them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from client.files import LocalFile, group, read_hash
from client.http import Gallery, GalleryRefusedError

IN_FLIGHT = 4
FILES_AT_ONCE = 8
BYTES_AT_ONCE = 16 << 20

Step = Callable[[Sequence[LocalFile]], None]


class Upload:
    """One run over a list of files."""

    def __init__(self, gallery: Gallery, files: Sequence[LocalFile]) -> None:
        self._gallery = gallery
        self.files = files
        self.job_id: str | None = None

    def hash(self, on_step: Step) -> None:
        """Read every file, and mark those that the gallery has."""
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            for file, _ in zip(self.files, pool.map(read_hash, self.files), strict=True):
                on_step([file])
        readable = [file for file in self.files if file.sha256]
        known = self._gallery.known([file.sha256 for file in readable])
        for file in readable:
            if file.sha256 in known:
                file.outcome, file.image_id = "known", known[file.sha256]

    def send(self, on_step: Step) -> None:
        """Send the others, under one job; the first request brings its id."""
        waiting = [file for file in self.files if file.outcome == "waiting"]
        batches = list(group(waiting, most=FILES_AT_ONCE, most_bytes=BYTES_AT_ONCE))
        while batches and self.job_id is None:
            self._send(batches.pop(0), on_step)
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            for done in [pool.submit(self._send, batch, on_step) for batch in batches]:
                done.result()

    def follow(self, on_step: Callable[[int], None]) -> None:
        """Wait for the job to end, and learn what became of each picture."""
        if self.job_id is None:
            return
        while True:
            job = self._gallery.get(f"jobs/{self.job_id}", wait=20, items="none")
            counts = job["counts"]
            on_step(counts["total"] - counts["queued"] - counts["running"])
            if not counts["queued"] + counts["running"]:
                break
        whole = self._gallery.get(f"jobs/{self.job_id}")
        items = {item["image_id"]: item for item in whole["items"] if item["image_id"]}
        for file in self.files:
            if file.image_id in items:
                _learn(file, items[file.image_id])

    def _send(self, batch: list[LocalFile], on_step: Step) -> None:
        try:
            job = self._gallery.submit([file.path for file in batch], self.job_id)
        except (GalleryRefusedError, OSError) as error:
            for file in batch:
                file.fail(str(error))
        else:
            self.job_id = job["id"]
            for file, item in zip(batch, job["items"], strict=True):
                file.outcome, file.image_id = item["outcome"], item["image_id"]
                _learn(file, item)
        on_step(batch)


def _learn(file: LocalFile, item: Any) -> None:
    file.status = item["status"]
    file.problem = item["problem"] and item["problem"]["detail"]
