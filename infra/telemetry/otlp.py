"""Trace export by OTLP over HTTP. The SDK's other `OTEL_*` variables apply as well."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from infra.telemetry.correlation import Origin
from infra.telemetry.spans import Step

_W3C = TraceContextTextMapPropagator()


class OtlpRequest:
    """Span of an HTTP request in progress. Implements `RequestSpan`."""

    def __init__(self, span: Span) -> None:
        self._span = span
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, set_span_in_context(span))
        self.traceparent = carrier["traceparent"]

    def record_response(self, method: str, route: str, code: int) -> None:
        """Record method, route and status code of the response."""
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": code}
        )
        if code >= 500:  # noqa: PLR2004 (HTTP server errors)
            self._span.set_status(Status(StatusCode.ERROR))


class OtlpTraces:
    """Exporter of the spans of one process, in a background thread. Implements `Traces`."""

    def __init__(self, endpoint: str, service: str) -> None:
        # OTEL_SERVICE_NAME takes precedence over the default name.
        attributes = {} if "OTEL_SERVICE_NAME" in os.environ else {SERVICE_NAME: service}
        self._provider = TracerProvider(resource=Resource.create(attributes))
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("gallery")

    @contextmanager
    def request(self, headers: Mapping[str, str]) -> Iterator[OtlpRequest]:
        """Open a span for an HTTP request, in the client's trace if the headers name one."""
        span = self._tracer.start_span("request", _W3C.extract(headers), kind=SpanKind.SERVER)
        try:
            yield OtlpRequest(span)
        finally:
            span.end()

    def image(self, origin: Origin, image_id: str, steps: Sequence[Step]) -> None:
        """Record the steps of classifying an image, in the trace of its request."""
        parent = self._tracer.start_span(
            "classify image",
            _W3C.extract(origin),
            kind=SpanKind.CONSUMER,
            start_time=min(step.began for step in steps),
            attributes={"gallery.image_id": image_id}
            | {f"gallery.{name}": value for name, value in origin.items() if name.endswith("_id")},
        )
        context = set_span_in_context(parent)
        for step in steps:
            self._tracer.start_span(step.name, context, start_time=step.began).end(step.ended)
        parent.end(max(step.ended for step in steps))

    def close(self) -> None:
        """Export pending spans and stop."""
        self._provider.shutdown()
