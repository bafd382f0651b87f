"""Set up tracing. OpenTelemetry is imported only if a collector is configured."""

from importlib.util import find_spec

from core.errors import ConfigurationError
from infra.settings import Settings
from infra.telemetry.spans import Traces


def open_traces(settings: Settings, service: str) -> Traces | None:
    """Return the trace exporter of a process, or None if GALLERY_OTLP_ENDPOINT is not set.

    Raises:
        ConfigurationError: The setting is set, but the OpenTelemetry packages are not installed.
    """
    if not settings.otlp_endpoint:
        return None
    if not find_spec("opentelemetry.exporter"):
        raise ConfigurationError(
            "Tracing needs optional packages: pip install 'ai-image-gallery-manager[telemetry]'."
        )
    from infra.telemetry.otlp import OtlpTraces  # noqa: PLC0415 (optional dependency)

    return OtlpTraces(settings.otlp_endpoint, service)
