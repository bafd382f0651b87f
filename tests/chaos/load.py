"""Clients that upload, and try again as clients should, and keep what they were promised."""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.support.images import jpeg

_numbers = count()
_base = jpeg(7)


def distinct_picture(harm: bytes = b"") -> bytes:
    """A picture of the same pixels as all of them, in a file unlike any other."""
    comment = f"chaos {next(_numbers)} {time.time_ns()}".encode()
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return _base[:2] + segment + _base[2:] + harm


@dataclass(slots=True)
class Load:
    """Uploads by several clients at once.

    `promised` are the pictures that the service has accepted, by their hash.
    """

    url: str
    clients: int = 4
    per_request: int = 5
    deadline_seconds: float = 150
    pause: float = 0.0
    promised: dict[str, str] = field(default_factory=dict)
    jobs: set[str] = field(default_factory=set)
    answers: Counter[int | str] = field(default_factory=Counter)
    slowest: float = 0.0
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _left: list[bytes] = field(default_factory=list)
    _failure: Exception | None = None

    def start(self, pictures: Sequence[bytes]) -> None:
        self._left = list(pictures)
        for _ in range(self.clients):
            thread = threading.Thread(target=self._client, daemon=True)
            thread.start()
            self._threads.append(thread)

    def wait_for(self, share: float, total: int) -> None:
        """Return when that share of the uploads has been accepted."""
        while len(self.promised) < share * total and self.is_under_way():
            time.sleep(0.02)

    def is_under_way(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def finish(self) -> None:
        """Return when every picture was taken in.

        Raises:
            Exception: what a client met that no client may meet.
        """
        for thread in self._threads:
            thread.join()
        if self._failure:
            raise self._failure

    def _client(self) -> None:
        path = "/api/v1/jobs"
        with httpx.Client(base_url=self.url, timeout=30) as http:
            while True:
                with self._lock:
                    batch = self._left[: self.per_request]
                    del self._left[: self.per_request]
                if not batch:
                    return
                try:
                    job_id = self._send(http, path, batch)
                except Exception as error:  # noqa: BLE001 (told by finish)
                    self._failure = error
                    return
                path = f"/api/v1/jobs/{job_id}/images"
                time.sleep(self.pause)

    def _send(self, http: httpx.Client, path: str, batch: Sequence[bytes]) -> str:
        files = [("files", (f"{n}.jpg", data)) for n, data in enumerate(batch)]
        deadline = time.monotonic() + self.deadline_seconds
        while True:
            begun = time.monotonic()
            try:
                answer = http.post(path, files=files)
                outcome: int | str = answer.status_code
            except httpx.TransportError as error:
                outcome = type(error).__name__
            with self._lock:
                self.answers[outcome] += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
            if outcome == 202:
                return self._note(answer.json(), batch)
            if outcome == 503:
                assert answer.headers["retry-after"]
            elif isinstance(outcome, int):
                raise AssertionError(f"an upload was answered {outcome}: {answer.text}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"uploads are not taken: {self.answers}")
            time.sleep(0.3)

    def _note(self, job: dict[str, object], batch: Sequence[bytes]) -> str:
        items = job["items"]
        assert isinstance(items, list)
        assert len(items) == len(batch)
        with self._lock:
            self.jobs.add(str(job["id"]))
            for item, data in zip(items, batch, strict=True):
                assert item["outcome"] in ("accepted", "duplicate"), item
                self.promised[hashlib.sha256(data).hexdigest()] = item["image_id"]
        return str(job["id"])
