"""What every answer of the API is wrapped in: an id, security headers, and a measured duration."""

import re
import time
from collections.abc import Mapping
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.rate_limit import RateLimitStatus
from api.operations.http_metrics import HttpMetrics

REQUEST_ID = "X-Request-ID"
# Where the guard leaves what the sender has left of its requests.
RATE_LIMIT_STATUS = "gallery.allowance"
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

# Answers are data, never pages: should a browser be led to show one, it may do nothing. Routes that
# serve pages set their own policy.
SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_POLICY = "Content-Security-Policy"
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
# FastAPI's page of documentation, for want of ours, brings its script and style from elsewhere, and
# a few lines of its own.
_ELSEWHERE = "https://cdn.jsdelivr.net 'unsafe-inline'"
_PAGE_POLICIES = {
    "/docs": f"default-src 'none'; script-src {_ELSEWHERE}; style-src {_ELSEWHERE}; "
    "img-src https://fastapi.tiangolo.com data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
}


class RequestContextMiddleware:
    """The outermost layer, around even the handler of our own bugs."""

    def __init__(self, app: ASGIApp, http_metrics: HttpMetrics) -> None:
        self._app = app
        self._measures = http_metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        # Every request is a task of its own, so this reaches its log lines and no others.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        code = 500

        async def wrapped(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
                _complete(MutableHeaders(scope=message), scope, request_id)
            await send(message)

        try:
            await self._app(scope, receive, wrapped)
        finally:
            self._measures.observe_request(scope, code, time.perf_counter() - started)


def _request_id(headers: Headers) -> str:
    """The proxy's or the client's id where it is fit for a log line, or a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _USABLE_ID.fullmatch(given) else uuid4().hex


def _complete(headers: MutableHeaders, scope: Scope, request_id: str) -> None:
    headers[REQUEST_ID] = request_id
    allowance: RateLimitStatus | None = scope.get(RATE_LIMIT_STATUS)
    if allowance:
        _complement(headers, allowance.headers())
    _complement(headers, SECURITY_HEADERS)
    headers.setdefault(_POLICY, _PAGE_POLICIES.get(scope["path"], _DATA_POLICY))


def _complement(headers: MutableHeaders, others: Mapping[str, str]) -> None:
    """Add what the answer does not say itself."""
    for name, value in others.items():
        headers.setdefault(name, value)
