"""Flows: what the client does, as generators of steps without I/O.

A flow yields steps and receives their results; `Gallery` performs the steps with threads,
`AsyncGallery` with tasks. Retries, pagination, uploads and waiting are therefore written once.
"""

import json
import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from gallery_client.errors import GalleryError, RequestRefusedError, UnavailableError
from gallery_client.operations import Request

T = TypeVar("T")

# Status codes of temporary failures: timeout, rate limit and unavailable backends.
_TEMPORARY = frozenset({408, 429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request. The result is a `Response` or `NoResponse`.

    With `target`, the body of a successful response is written to that file.
    """

    request: Request[Any]
    target: Path | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Sleep for a number of seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Block:
    """Call a function that blocks. The result is what the function returns."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Together:
    """Run flows concurrently, at most `limit` at a time."""

    flows: Sequence["Flow[None]"]
    limit: int


Step = Send | Sleep | Block | Together
Flow = Generator[Step, Any, T]


@dataclass(frozen=True, slots=True)
class Response:
    """Received response."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status code is 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 (the range of HTTP)


@dataclass(frozen=True, slots=True)
class NoResponse:
    """Failed connection."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """When requests are repeated after connection errors and temporary failures.

    Attributes:
        request_seconds: Period during which a single request is repeated.
        outage_seconds: The same for requests of an upload that has begun and of `wait`.
        first_delay: Delay in seconds before the first repetition. It doubles each time.
        max_delay: Longest delay in seconds.
        on_retry: Called with a message before each repetition.
    """

    request_seconds: float = 15.0
    outage_seconds: float = 600.0
    first_delay: float = 0.5
    max_delay: float = 10.0
    on_retry: Callable[[str], None] = field(default=lambda _: None)

    def delays(self) -> Iterator[float]:
        """Yield the delays between attempts, with jitter."""
        delay = self.first_delay
        while True:
            yield random.uniform(delay / 2, delay)  # noqa: S311 (spreads clients over time)
            delay = min(delay * 2, self.max_delay)


@dataclass(frozen=True, slots=True)
class Caller:
    """Sends requests of one gallery with retries."""

    url: str
    retries: Retries

    def call(
        self, request: Request[T], *, is_patient: bool = False, target: Path | None = None
    ) -> Flow[T]:
        """Send a request until it succeeds, and return its response.

        Args:
            request: The request.
            is_patient: Repeat for `outage_seconds` instead of `request_seconds`.
            target: File that the body is written to.

        Raises:
            RequestRefusedError: The gallery refused the request.
            UnavailableError: The request failed on every attempt.
        """
        retries = self.retries
        period = retries.outage_seconds if is_patient else retries.request_seconds
        deadline: float | None = None
        for delay in retries.delays():
            reply: Response | NoResponse = yield Send(request, target)
            if isinstance(reply, Response):
                if reply.is_success:
                    return _parse(reply, request)
                if reply.status not in _TEMPORARY:
                    raise _refused(reply)
            now = time.monotonic()
            deadline = now + period if deadline is None else deadline
            pause = max(delay, _retry_after(reply))
            message = self._describe(reply)
            if now + pause > deadline:
                raise UnavailableError(message)
            retries.on_retry(f"{message} Retrying for up to {deadline - now:.0f} s.")
            yield Sleep(pause)
        raise AssertionError("unreachable")

    def _describe(self, reply: Response | NoResponse) -> str:
        if isinstance(reply, Response):
            return str(_refused(reply))
        reason = reply.reason.rstrip(".")  # only some reasons of the HTTP library end with one
        return f"No response from {self.url}: {reason}. Check that the gallery is running."


def _parse(response: Response, request: Request[T]) -> T:
    try:
        return TypeAdapter(request.model).validate_json(response.content or b"null")
    except ValueError as error:
        raise GalleryError(
            f"The response to {request.operation} is not that of a gallery: {error}"
        ) from error


def _retry_after(reply: Response | NoResponse) -> float:
    """Return the delay in seconds that the gallery demands, or 0."""
    if isinstance(reply, NoResponse):
        return 0
    value = reply.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else 0  # a proxy may send a date


def _refused(response: Response) -> RequestRefusedError:
    try:
        problem = json.loads(response.content)
        detail = str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        problem = {}
        detail = f"The gallery responded with status {response.status}."
    return RequestRefusedError(
        detail,
        status=response.status,
        problem_type=problem.get("type"),
        request_id=problem.get("request_id"),
    )
