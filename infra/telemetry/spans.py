"""Interfaces for trace spans, free of imports from OpenTelemetry."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from infra.telemetry.correlation import Origin


class Step(NamedTuple):
    """A step of some work, with start and end in nanoseconds since the epoch."""

    name: str
    began: int
    ended: int


class RequestSpan(Protocol):
    """Span of an HTTP request in progress. `traceparent` is its W3C trace context."""

    traceparent: str

    def record_response(self, method: str, route: str, code: int) -> None:
        """Record method, route and status code of the response."""


class Traces(Protocol):
    """Exporter of the spans of one process."""

    def request(self, headers: Mapping[str, str]) -> AbstractContextManager[RequestSpan]:
        """Open a span for an HTTP request, in the client's trace if the headers name one."""

    def image(self, origin: Origin, image_id: str, steps: Sequence[Step]) -> None:
        """Record the steps of classifying an image, in the trace of its request."""

    def close(self) -> None:
        """Export pending spans and stop."""
