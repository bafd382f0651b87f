"""HTTP protocol of uvicorn with limits on request heads.

Uvicorn leaves these limits to a reverse proxy. Without a proxy, a client could keep a connection
open by sending a request head slowly or without end.
"""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# The URL of an export of 1,000 selected images takes 41 KB.
HEAD_BYTES = 64 << 10


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
    """One connection whose request heads are limited in time and size.

    Attributes:
        head_seconds: Maximum time between the start of a connection, or of a further request on
            it, and the end of the request head.
    """

    head_seconds = 15.0
    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # The head is parsed in pieces, so that the size is checked before much of it is kept.
        while self._in_head and data and not self.transport.is_closing():
            piece, data = data[:HEAD_BYTES], data[HEAD_BYTES:]
            self._head_bytes += len(piece)
            super().data_received(piece)
            if self._in_head and self._head_bytes > HEAD_BYTES:
                self._refuse(HEAD_TOO_LARGE)
                return
        if data and not self.transport.is_closing():
            super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._timer is None:  # a further request on a kept-alive connection
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._head_bytes = 0

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's text has no detail)
        self._refuse(BAD_REQUEST)

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
