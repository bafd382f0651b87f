"""Request ids, security headers and duration metrics for every response."""

import re
import time
from collections.abc import Mapping
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.rate_limit import RATE_LIMIT_STATUS, RateLimitStatus
from api.operations.http_metrics import HttpMetrics

REQUEST_ID = "X-Request-ID"
_VALID_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_POLICY = "Content-Security-Policy"
# API responses are data. If a browser renders one as a page, the page may load and run nothing.
# Routes that serve pages set a policy of their own.
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
# FastAPI's documentation page, served while the web client is not built, loads its script and style
# from a CDN and contains an inline script.
_CDN = "https://cdn.jsdelivr.net 'unsafe-inline'"
_PAGE_POLICIES = {
    "/docs": f"default-src 'none'; script-src {_CDN}; style-src {_CDN}; "
    "img-src https://fastapi.tiangolo.com data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
}


class RequestContextMiddleware:
    """Outermost ASGI middleware; also covers responses to unexpected errors."""

    def __init__(self, app: ASGIApp, http_metrics: HttpMetrics) -> None:
        self._app = app
        self._http_metrics = http_metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        # Each request runs in its own task, so the context applies to its log lines only.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        code = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
                _add_headers(MutableHeaders(scope=message), scope, request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            self._http_metrics.observe_request(scope, code, time.perf_counter() - started)


def _request_id(headers: Headers) -> str:
    """Return the id sent by the proxy or client if it is valid, otherwise a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _VALID_ID.fullmatch(given) else uuid4().hex


def _add_headers(headers: MutableHeaders, scope: Scope, request_id: str) -> None:
    headers[REQUEST_ID] = request_id
    status: RateLimitStatus | None = scope.get(RATE_LIMIT_STATUS)
    if status:
        _set_defaults(headers, status.headers())
    _set_defaults(headers, SECURITY_HEADERS)
    headers.setdefault(_POLICY, _PAGE_POLICIES.get(scope["path"], _DATA_POLICY))


def _set_defaults(headers: MutableHeaders, defaults: Mapping[str, str]) -> None:
    for name, value in defaults.items():
        headers.setdefault(name, value)
