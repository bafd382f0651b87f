"""Admit, bound and time request bodies.

FastAPI reads a JSON body before it runs the dependencies of a route. This middleware therefore
authenticates such a request, and checks its size, before the first byte of the body is read.
"""

from contextlib import AsyncExitStack

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.dependencies import client_of, guard
from api.body_size import DEFAULT_BYTES, max_body_of
from api.concurrency import ConcurrencyLimit
from api.slow_client import MinimumRate, SlowClientError, SlowClientGuard
from core.errors import GalleryError, RequestStalledError, RequestTooLargeError


class BodyRejectedError(HTTPException):
    """Request whose body was not read to its end.

    FastAPI converts every other error raised while it reads a body into a 400.
    """

    def __init__(self, reason: GalleryError) -> None:
        super().__init__(400, str(reason))
        self.reason = reason


class BodyLimitMiddleware:
    """ASGI middleware that limits request bodies.

    Upload routes run their dependencies before they read their bodies, and apply their own limits
    of the size.
    """

    def __init__(self, app: ASGIApp, minimum: MinimumRate) -> None:
        self._app = app
        self._minimum = minimum

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"}:
            async with AsyncExitStack() as slot:
                body = _LimitedBody(scope, receive, self._minimum, slot)
                await self._app(scope, body.receive, send)
        else:
            await self._app(scope, receive, send)


class _LimitedBody:
    """ASGI `receive` of one request with a minimum rate and a size limit.

    A large body occupies an upload slot while it is read.
    """

    def __init__(
        self, scope: Scope, receive: Receive, minimum: MinimumRate, slot: AsyncExitStack
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._guard = SlowClientGuard(minimum)
        self._upload_slots: ConcurrencyLimit = scope["state"]["upload_slots"]
        self._slot = slot
        self._size = 0
        self._is_admitted = False
        self._is_complete = False

    async def receive(self) -> Message:
        # Messages after the body report the disconnect of the client, which has no deadline.
        if self._is_complete:
            return await self._receive()
        # The route is known by now. Of an upload route, only the rate is limited.
        if getattr(self._scope.get("route"), "body_field", None) is None:
            return await self._receive_in_time()
        try:
            return await self._receive_parsed()
        except GalleryError as error:
            raise BodyRejectedError(error) from error

    async def _receive_parsed(self) -> Message:
        """Receive the next part of a body that FastAPI parses."""
        if not self._is_admitted:
            await self._admit()
            self._is_admitted = True
        message = await self._receive_in_time()
        self._check_size(self._size)
        if self._is_complete:
            await self._slot.aclose()
        return message

    async def _admit(self) -> None:
        """Decide from the request head whether the body is read."""
        request = Request(self._scope)
        await guard(request, request.state.access_control)
        limit = max_body_of(self._scope["endpoint"])
        size = int(request.headers.get("content-length", limit))
        self._check_size(size)
        if size > DEFAULT_BYTES:
            await self._slot.enter_async_context(self._upload_slots.enter(client_of(request)))

    async def _receive_in_time(self) -> Message:
        try:
            message = await self._guard.wait_for(
                self._receive(), crowded=self._upload_slots.is_crowded
            )
        except SlowClientError as error:
            raise RequestStalledError from error
        received = len(message.get("body", b""))
        self._guard.count(received)
        self._size += received
        self._is_complete = not message.get("more_body", False)
        return message

    def _check_size(self, size: int) -> None:
        limit = max_body_of(self._scope["endpoint"])
        if size > limit:
            raise RequestTooLargeError(f"The request body is larger than {limit:,} bytes.")
