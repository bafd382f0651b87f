"""A gallery somewhere, as a program sees it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx

# Times a request is sent before its failure is believed, and the longest pause between them.
TRIES = 6
MAX_PAUSE_SECONDS = 10.0
_PASSING = frozenset({408, 429, 502, 503, 504})
_HASHES_AT_ONCE = 1000


class GalleryRefusedError(Exception):
    """The gallery answered, and the answer is no; or nothing answered for long."""


class Gallery:
    """Calls of the API, sent again while their trouble may pass. Threads may share it."""

    def __init__(self, url: str, key: str | None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1/",
            headers=headers,
            timeout=httpx.Timeout(60, connect=5),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **parameters: Any) -> Any:
        """Read JSON."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._send("GET", path, params=given).json()

    def known(self, hashes: Sequence[str]) -> dict[str, str]:
        """Which of these files the gallery has: the picture's id by SHA-256."""
        found: dict[str, str] = {}
        for start in range(0, len(hashes), _HASHES_AT_ONCE):
            body = {"sha256": list(hashes[start : start + _HASHES_AT_ONCE])}
            answer = self._send("POST", "images/known", json=body).json()
            found |= {each["sha256"]: each["image_id"] for each in answer["items"]}
        return found

    def submit(self, files: Sequence[Path], job_id: str | None) -> Any:
        """Send files under a new job or one that is there; return the job with their items."""
        path = "jobs" if job_id is None else f"jobs/{job_id}/images"
        once = {"Idempotency-Key": str(uuid4())}
        with ExitStack() as opened:
            parts = [
                ("files", (each.name, opened.enter_context(each.open("rb")))) for each in files
            ]
            return self._send("POST", path, files=parts, headers=once).json()

    def pages(self, path: str, **parameters: Any) -> Iterator[Any]:
        """Every item of a list, page by page."""
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, **parameters)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def download(self, path: str, **parameters: Any) -> Iterator[bytes]:
        """Read a file piece by piece."""
        try:
            with self._http.stream("GET", path, params=parameters) as answer:
                if not answer.is_success:
                    answer.read()
                    raise GalleryRefusedError(_reason(answer))
                yield from answer.iter_bytes()
        except httpx.TransportError as error:
            raise GalleryRefusedError(f"{self.url} does not answer: {error}") from error

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            pause = min(0.5 * 2**attempt, MAX_PAUSE_SECONDS)
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                if last:
                    raise GalleryRefusedError(f"{self.url} does not answer: {error}") from error
            else:
                if answer.is_success:
                    return answer
                if last or answer.status_code not in _PASSING:
                    raise GalleryRefusedError(_reason(answer))
                pause = min(float(answer.headers.get("Retry-After", pause)), MAX_PAUSE_SECONDS)
            time.sleep(pause)
            _rewind(request.get("files", ()))
        raise AssertionError("unreachable")


def _reason(answer: httpx.Response) -> str:
    """A problem's sentence, or the status where there is none."""
    try:
        body = answer.json()
        return str(body.get("detail") or body["title"])
    except (ValueError, KeyError, AttributeError):
        return f"The gallery answered {answer.status_code}."


def _rewind(parts: Sequence[tuple[str, tuple[str, Any]]]) -> None:
    for _, (_, file) in parts:
        file.seek(0)
