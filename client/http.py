"""HTTP client of a gallery's API, with retries."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx

# Status codes of temporary failures: timeout, rate limit and unavailable backends.
_RETRYABLE = frozenset({408, 429, 502, 503, 504})
_MAX_HASHES = 1000  # per request; the API's limit


class RequestFailedError(Exception):
    """A request was refused, or failed on every attempt. The message is for the user."""


class GalleryClient:
    """Client of one gallery. Thread-safe.

    Args:
        url: Address of the gallery, for example `http://127.0.0.1:8000`.
        key: API key, if the gallery requires one.
        attempts: Number of times that a request is sent before it fails.
        max_delay: Longest delay in seconds between two attempts.
    """

    def __init__(
        self, url: str, key: str | None, *, attempts: int = 6, max_delay: float = 10.0
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.url = url.rstrip("/")
        self._delays = [min(0.5 * 2**retry, max_delay) for retry in range(attempts - 1)]
        self._max_delay = max_delay
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
        """Return the JSON of a resource. Parameters that are None are omitted.

        Raises:
            RequestFailedError: The request was refused or failed on every attempt.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._send("GET", path, params=given).json()

    def known(self, hashes: Sequence[str]) -> dict[str, str]:
        """Return the image ids of the files that the gallery has, by SHA-256 in hexadecimal."""
        found: dict[str, str] = {}
        for start in range(0, len(hashes), _MAX_HASHES):
            body = {"sha256": list(hashes[start : start + _MAX_HASHES])}
            response = self._send("POST", "images/known", json=body).json()
            found |= {each["sha256"]: each["image_id"] for each in response["items"]}
        return found

    def submit(self, files: Sequence[Path], job_id: str | None) -> Any:
        """Upload files to a new or an existing job; return the job with the items of these files.

        Retries are idempotent.

        Raises:
            OSError: A file cannot be read.
            RequestFailedError: The request was refused or failed on every attempt.
        """
        path = "jobs" if job_id is None else f"jobs/{job_id}/images"
        headers = {"Idempotency-Key": str(uuid4())}
        with ExitStack() as opened:
            parts = [
                ("files", (each.name, opened.enter_context(each.open("rb")))) for each in files
            ]
            return self._send("POST", path, files=parts, headers=headers).json()

    def list_items(self, path: str, **parameters: Any) -> Iterator[Any]:
        """Yield the items of all pages of a list."""
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, **parameters)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def download(self, path: str, **parameters: Any) -> Iterator[bytes]:
        """Yield the parts of a file. A download is not retried.

        Raises:
            RequestFailedError: The request was refused or the connection failed.
        """
        try:
            with self._http.stream("GET", path, params=parameters) as response:
                if not response.is_success:
                    response.read()
                    raise RequestFailedError(_reason(response))
                yield from response.iter_bytes()
        except httpx.TransportError as error:
            raise self._connection_failed(error) from error

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request, with retries after connection errors and temporary failures."""
        for delay in [*self._delays, None]:
            try:
                response = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                if delay is None:
                    raise self._connection_failed(error) from error
            else:
                if response.is_success:
                    return response
                if delay is None or response.status_code not in _RETRYABLE:
                    raise RequestFailedError(_reason(response))
                retry_after = float(response.headers.get("Retry-After", delay))
                delay = min(retry_after, self._max_delay)  # noqa: PLW2901 (the server's choice)
            time.sleep(delay)
            _rewind(request.get("files", ()))
        raise AssertionError("unreachable")

    def _connection_failed(self, error: httpx.TransportError) -> RequestFailedError:
        return RequestFailedError(
            f"No response from {self.url}: {error}. Check that the gallery is running."
        )


def _reason(response: httpx.Response) -> str:
    """Return the detail of a problem document, or the status code if there is none."""
    try:
        body = response.json()
        return str(body.get("detail") or body["title"])
    except (ValueError, KeyError, AttributeError):
        return f"The gallery responded with status {response.status_code}."


def _rewind(parts: Sequence[tuple[str, tuple[str, Any]]]) -> None:
    for _, (_, file) in parts:
        file.seek(0)
