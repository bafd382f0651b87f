"""HTTP protocol of uvicorn with limits on connections, request heads and slow clients.

Uvicorn leaves these limits to a reverse proxy. Without a proxy, a client could keep a connection
open by sending a request head slowly or without end, or by not reading a response.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.server.connections import ConnectionTable
from api.slow_client import DOWNLOAD_RATE, MinimumRate, TransferClock
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# The URL of an export of 1,000 selected images takes 41 KB.
HEAD_BYTES = 64 << 10

HEALTH_PROBES: Final = frozenset({"/healthz", "/readyz"})


def _response(status: HTTPStatus) -> bytes:
    """Return a complete HTTP response with a minimal problem as its body."""
    body = f'{{"type":"about:blank","title":"{status.phrase}","status":{status.value}}}'
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


BAD_REQUEST = _response(HTTPStatus.BAD_REQUEST)
REQUEST_TIMEOUT = _response(HTTPStatus.REQUEST_TIMEOUT)
HEAD_TOO_LARGE = _response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


class GuardedProtocol(HttpToolsProtocol):
    """One connection with limits.

    Attributes:
        head_seconds: Maximum time between the start of a connection, or of a further request on
            it, and the end of the request head.
        linger_seconds: Maximum time in which the rest of a body may arrive after the response.
        download_rate: Minimum rate at which the client has to receive a response.
    """

    head_seconds = 15.0
    linger_seconds = 30.0
    download_rate: MinimumRate = DOWNLOAD_RATE

    _connections: ConnectionTable
    _is_admitted = True
    _timer: asyncio.TimerHandle | None = None
    # Bytes since the last one of a body: of a head, trailers or chunk extensions.
    _head_bytes = 0
    _in_head = True
    _response_clock: TransferClock | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _paused_at = 0.0
    _unwritten = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._connections = self.app_state["connections"]
        address = self.client[0] if self.client else ""
        self._is_admitted = self._connections.add(self, address)
        if not self._is_admitted:
            self.app = _health_probes_only(self.app)
            self.head_seconds = self.timeout_keep_alive = 2
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.remove(self)
        self._stop_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def disconnect(self) -> None:
        """Close the connection without a response, to make room for another one."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        # The head is parsed in pieces, so that the size is checked before much of it is kept.
        while data and not self.transport.is_closing():
            piece, data = (data[:HEAD_BYTES], data[HEAD_BYTES:]) if self._in_head else (data, b"")
            self._head_bytes += len(piece)
            super().data_received(piece)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._timer is None:  # a further request on a kept-alive connection
            self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers come after the decisions that are made from the head, and are ignored.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._stop_timer()
        self._connections.mark_busy(self)
        if not self.flow.write_paused:  # the last response has been received
            self._response_clock = None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._head_bytes = 0
        self._stop_timer()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:  # no further request is pipelined
            self._connections.mark_idle(self)
        if not self._in_head and self._timer is None:
            self._timer = self.loop.call_later(self.linger_seconds, self._refuse, b"")

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's text has no detail)
        self._refuse(BAD_REQUEST)

    def timeout_keep_alive_handler(self) -> None:
        # Closing waits until the client has received the last response, which may be never.
        if self.transport.get_write_buffer_size() and not self.flow.write_paused:
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        super().pause_writing()
        clock = self._response_clock or TransferClock(self.download_rate)
        self._response_clock = clock
        self._expect_progress(clock)

    def resume_writing(self) -> None:
        self._stop_write_timer()
        self._count_written()
        super().resume_writing()

    def _expect_progress(self, clock: TransferClock) -> None:
        """Start or continue to wait until the client has received more of the response."""
        self._paused_at = self.loop.time()
        self._unwritten = self.transport.get_write_buffer_size()
        self._write_timer = self.loop.call_later(clock.seconds_left(), self._check_progress)

    def _check_progress(self) -> None:
        written, clock = self._count_written(), self._response_clock
        if written and clock and clock.seconds_left() > 0:
            self._expect_progress(clock)
        else:
            log.warning("response.aborted", reason="slow client")
            self.transport.abort()

    def _count_written(self) -> int:
        written = self._unwritten - self.transport.get_write_buffer_size()
        if self._response_clock is not None:
            self._response_clock.count(written, self.loop.time() - self._paused_at)
        return written

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _expect_head(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._timer = self.loop.call_later(self.head_seconds, self._on_timeout)

    def _on_timeout(self) -> None:
        # Browsers open spare connections; closing an unused one without a response is correct.
        self._refuse(REQUEST_TIMEOUT if self._head_bytes else b"")

    def _refuse(self, response: bytes) -> None:
        self._stop_timer()
        if not self.transport.is_closing():
            self.transport.write(response)
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _health_probes_only(app: ASGI3Application) -> ASGI3Application:
    """Return an application that answers health probes, and 503 otherwise."""

    async def answer(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        is_probe = scope["type"] != "http" or scope["path"] in HEALTH_PROBES
        await (app if is_probe else service_unavailable)(scope, receive, send)

    return answer
