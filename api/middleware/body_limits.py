"""What a request brings, other than uploads: of bounded size, and in good time.

FastAPI reads the whole of it before anybody asks whose request it is.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.slow_client import SlowClientGuard
from core.errors import InvalidRequestError, RequestStalledError, RequestTooLargeError

# An export of 100,000 chosen pictures names them in 4 MB.
MAX_BODY_BYTES = 8 << 20


class BodyRejectedError(HTTPException):
    """A body that is not read to its end. FastAPI lets nothing else through from reading one."""

    def __init__(self, reason: InvalidRequestError) -> None:
        super().__init__(400, str(reason))
        self.reason = reason


class BodyLimitMiddleware:
    """A layer that limits what FastAPI reads. Uploads are read, and limited, by their routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _LimitedBody(scope, receive).receive
        await self._app(scope, receive, send)


class _LimitedBody:
    """A request's body on its way in."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._pace: SlowClientGuard | None = None
        self._size = 0
        self._is_whole = False

    async def receive(self) -> Message:
        # Only now is it known which route the request goes to. What comes behind the body is word
        # of the client's going, however late.
        if self._is_whole or getattr(self._scope.get("route"), "body_field", None) is None:
            return await self._receive()
        try:
            return await self._next()
        except (RequestTooLargeError, RequestStalledError) as error:
            raise BodyRejectedError(error) from error

    async def _next(self) -> Message:
        if self._pace is None:
            self._pace = SlowClientGuard()
            _check_size(int(Headers(scope=self._scope).get("content-length", 0)))
        message = await self._pace.keep(self._receive())
        received = len(message.get("body", b""))
        self._pace.count(received)
        self._size += received
        _check_size(self._size)
        self._is_whole = not message.get("more_body", False)
        return message


def _check_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise RequestTooLargeError(f"The request is larger than {MAX_BODY_BYTES:,} bytes.")
