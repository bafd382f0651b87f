"""Traces over API and workers; nothing of it is loaded where nobody collects them."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import NamedTuple, Protocol

from core.errors import ConfigurationError
from infra.settings import Settings
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


def open_traces(settings: Settings, service: str) -> Traces | None:
    """Traces of a process, or None where nobody collects them.

    Raises:
        ConfigurationError: somebody does, and what it takes is not installed.
    """
    if not settings.otlp_endpoint:
        return None
    if not find_spec("opentelemetry.exporter"):
        raise ConfigurationError(
            "Traces need the optional packages: pip install 'ai-image-gallery-manager[telemetry]'."
        )
    from infra.telemetry.otlp import OtlpTraces  # noqa: PLC0415 (loaded for those alone who use it)

    return OtlpTraces(settings.otlp_endpoint, service)
