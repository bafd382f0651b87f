"""Clients that upload images with retries and record the accepted images."""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import httpx2

from tests.support.images import jpeg

_numbers = count()
_base = jpeg(7)


def distinct_image(suffix: bytes = b"") -> bytes:
    """Return a JPEG with distinct bytes; all of them have the same pixels."""
    comment = f"chaos {next(_numbers)} {time.time_ns()}".encode()
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return _base[:2] + segment + _base[2:] + suffix


@dataclass(slots=True)
class Load:
    """Upload of images by several clients in parallel.

    Attributes:
        url: Address of the API.
        clients: Number of clients.
        per_request: Number of images per request.
        deadline_seconds: Time limit for the retries of a request.
        pause: Seconds between two requests of a client.
        accepted: Image ids of the accepted images, by SHA-256 in hexadecimal.
        jobs: Ids of the jobs.
        responses: Number of responses by status code, or by name of the connection error.
        slowest: Longest duration of a request in seconds.
    """

    url: str
    clients: int = 4
    per_request: int = 5
    deadline_seconds: float = 150
    pause: float = 0.0
    accepted: dict[str, str] = field(default_factory=dict)
    jobs: set[str] = field(default_factory=set)
    responses: Counter[int | str] = field(default_factory=Counter)
    slowest: float = 0.0
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _left: list[bytes] = field(default_factory=list)
    _failure: Exception | None = None

    def start(self, images: Sequence[bytes]) -> None:
        """Start the clients."""
        self._left = list(images)
        for _ in range(self.clients):
            thread = threading.Thread(target=self._client, daemon=True)
            thread.start()
            self._threads.append(thread)

    def wait_for(self, share: float, total: int) -> None:
        """Wait until this share of the `total` images is accepted, or the clients have ended."""
        while len(self.accepted) < share * total and self.is_running():
            time.sleep(0.02)

    def is_running(self) -> bool:
        """Return whether a client is still uploading."""
        return any(thread.is_alive() for thread in self._threads)

    def finish(self) -> None:
        """Wait until every image is accepted.

        Raises:
            AssertionError: A response that clients must not receive.
            TimeoutError: A request was not accepted before its deadline.
        """
        for thread in self._threads:
            thread.join()
        if self._failure:
            raise self._failure

    def _client(self) -> None:
        path = "/api/v1/jobs"
        with httpx2.Client(base_url=self.url, timeout=30) as http:
            while True:
                with self._lock:
                    batch = self._left[: self.per_request]
                    del self._left[: self.per_request]
                if not batch:
                    return
                try:
                    job_id = self._send(http, path, batch)
                except Exception as error:  # noqa: BLE001 (raised by finish)
                    self._failure = error
                    return
                path = f"/api/v1/jobs/{job_id}/images"
                time.sleep(self.pause)

    def _send(self, http: httpx2.Client, path: str, batch: Sequence[bytes]) -> str:
        files = [("files", (f"{n}.jpg", data)) for n, data in enumerate(batch)]
        deadline = time.monotonic() + self.deadline_seconds
        while True:
            start = time.monotonic()
            try:
                response = http.post(path, files=files)
                outcome: int | str = response.status_code
            except httpx2.TransportError as error:
                outcome = type(error).__name__
            with self._lock:
                self.responses[outcome] += 1
                self.slowest = max(self.slowest, time.monotonic() - start)
            if outcome == 202:
                return self._record(response.json(), batch)
            if outcome == 503:
                assert response.headers["retry-after"]
            elif isinstance(outcome, int):
                raise AssertionError(f"an upload failed with status {outcome}: {response.text}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"uploads are not accepted: {self.responses}")
            time.sleep(0.3)

    def _record(self, job: dict[str, object], batch: Sequence[bytes]) -> str:
        items = job["items"]
        assert isinstance(items, list)
        assert len(items) == len(batch)
        with self._lock:
            self.jobs.add(str(job["id"]))
            for item, data in zip(items, batch, strict=True):
                assert item["outcome"] in ("accepted", "duplicate"), item
                self.accepted[hashlib.sha256(data).hexdigest()] = item["image_id"]
        return str(job["id"])
