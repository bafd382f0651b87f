"""Limit the minimum rate of request bodies, and the size of those other than uploads.

FastAPI reads the whole body before it runs the authentication dependency, so the limits also bound
what clients without a key can send.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.slow_client import MinimumRate, SlowClientError, SlowClientGuard
from core.errors import InvalidRequestError, RequestStalledError, RequestTooLargeError

# The ids of an export of 100,000 selected images take 4 MB.
MAX_BODY_BYTES = 8 << 20


class BodyRejectedError(HTTPException):
    """Request body that was not read to its end.

    FastAPI converts every other error raised while it reads a body into a 400.
    """

    def __init__(self, reason: InvalidRequestError) -> None:
        super().__init__(400, str(reason))
        self.reason = reason


class BodyLimitMiddleware:
    """ASGI middleware that limits request bodies.

    Upload routes read their bodies themselves and apply their own limits of the size.
    """

    def __init__(self, app: ASGIApp, minimum: MinimumRate) -> None:
        self._app = app
        self._minimum = minimum

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"}:
            receive = _LimitedBody(scope, receive, self._minimum).receive
        await self._app(scope, receive, send)


class _LimitedBody:
    """ASGI `receive` of one request with a minimum rate and a size limit."""

    def __init__(self, scope: Scope, receive: Receive, minimum: MinimumRate) -> None:
        self._scope = scope
        self._receive = receive
        self._guard = SlowClientGuard(minimum)
        self._size = 0
        self._is_complete = False

    async def receive(self) -> Message:
        # Messages after the body report the disconnect of the client, which has no deadline.
        if self._is_complete:
            return await self._receive()
        # The route is known by now. Of an upload route, only the rate is limited.
        is_parsed = getattr(self._scope.get("route"), "body_field", None) is not None
        if is_parsed and not self._size:
            _check_size(int(Headers(scope=self._scope).get("content-length", 0)))
        try:
            message = await self._guard.wait_for(self._receive())
        except SlowClientError as error:
            stalled = RequestStalledError()
            raise (BodyRejectedError(stalled) if is_parsed else stalled) from error
        received = len(message.get("body", b""))
        self._guard.count(received)
        self._size += received
        if is_parsed:
            _check_size(self._size)
        self._is_complete = not message.get("more_body", False)
        return message


def _check_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise BodyRejectedError(
            RequestTooLargeError(f"The request body is larger than {MAX_BODY_BYTES:,} bytes.")
        )
