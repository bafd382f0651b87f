"""Limit the size and the minimum rate of request bodies other than uploads.

FastAPI reads the whole body before it runs the authentication dependency, so the limits also bound
what clients without a key can send.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.slow_client import SlowClientGuard
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
    """ASGI middleware that limits the bodies that FastAPI reads.

    Upload routes read their bodies themselves and apply their own limits.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _LimitedBody(scope, receive).receive
        await self._app(scope, receive, send)


class _LimitedBody:
    """ASGI `receive` of one request with a size limit and a deadline."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._guard: SlowClientGuard | None = None
        self._size = 0
        self._is_complete = False

    async def receive(self) -> Message:
        # The route is known only now. Messages after the body report the disconnect of the client,
        # which has no deadline.
        if self._is_complete or getattr(self._scope.get("route"), "body_field", None) is None:
            return await self._receive()
        try:
            return await self._receive_part()
        except (RequestTooLargeError, RequestStalledError) as error:
            raise BodyRejectedError(error) from error

    async def _receive_part(self) -> Message:
        if self._guard is None:
            self._guard = SlowClientGuard()
            _check_size(int(Headers(scope=self._scope).get("content-length", 0)))
        message = await self._guard.wait_for(self._receive())
        received = len(message.get("body", b""))
        self._guard.count(received)
        self._size += received
        _check_size(self._size)
        self._is_complete = not message.get("more_body", False)
        return message


def _check_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise RequestTooLargeError(f"The request body is larger than {MAX_BODY_BYTES:,} bytes.")
