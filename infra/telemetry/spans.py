"""Spans of a trace."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from infra.telemetry.correlation import Origin


class Step(NamedTuple):
    """A part of some work; nanoseconds since the epoch."""

    name: str
    began: int
    ended: int


class RequestSpan(Protocol):
    """A request that is being answered."""

    traceparent: str

    def answered(self, method: str, route: str, code: int) -> None:
        """Say what it was and how it ended."""


class Traces(Protocol):
    """Where spans go."""

    def request(self, headers: Mapping[str, str]) -> AbstractContextManager[RequestSpan]:
        """Trace a request, as part of the client's trace if it brings one."""

    def picture(self, origin: Origin, image_id: str, steps: Sequence[Step]) -> None:
        """Tell of a picture's way through a worker, as part of its request's trace."""

    def close(self) -> None:
        """Send what is left."""
