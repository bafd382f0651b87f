"""Traces over API and workers; nothing of it is loaded where nobody collects them."""

from importlib.util import find_spec

from core.errors import ConfigurationError
from infra.settings import Settings
from infra.telemetry.spans import Traces


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
