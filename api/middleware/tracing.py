"""OpenTelemetry spans for requests."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from api.operations.http_metrics import route_of
from infra.telemetry.spans import Traces


class TracingMiddleware:
    """ASGI middleware that records one span per request. Installed only if tracing is enabled."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        traces: Traces | None = scope.get("state", {}).get("traces")
        if scope["type"] != "http" or traces is None:
            await self._app(scope, receive, send)
            return
        with traces.request(Headers(scope=scope)) as span:
            # The context carries the trace to log lines and, through messages, to workers.
            bind_contextvars(traceparent=span.traceparent)
            code = 500

            async def send_and_note_status(message: Message) -> None:
                nonlocal code
                if message["type"] == "http.response.start":
                    code = message["status"]
                await send(message)

            try:
                await self._app(scope, receive, send_and_note_status)
            finally:
                span.record_response(scope["method"], route_of(scope), code)
