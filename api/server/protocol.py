"""HTTP connections with limits that uvicorn leaves to a reverse proxy.

Without one in front, a client could send a request's head for ever, or slowly.
"""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 15.0
# An export of a thousand chosen pictures names them in 41 KB of its address.
HEAD_BYTES = 64 << 10


def _answer(status: HTTPStatus) -> bytes:
    """A whole answer, as short as a problem can be."""
    body = f'{{"type":"about:blank","title":"{status.phrase}","status":{status.value}}}'
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


BAD_REQUEST = _answer(HTTPStatus.BAD_REQUEST)
REQUEST_TIMEOUT = _answer(HTTPStatus.REQUEST_TIMEOUT)
HEAD_TOO_LARGE = _answer(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


class GuardedProtocol(HttpToolsProtocol):
    """One connection: a request's head has to come whole, soon, and be of sensible size."""

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
        # A head is cut into pieces, so that its size is known before much of it is kept.
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
        if self._timer is None:  # the next request of a connection that was kept
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._head_bytes = 0

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's sentence says no more)
        self._refuse(BAD_REQUEST)

    def _expect_head(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._timer = self.loop.call_later(HEAD_SECONDS, self._give_up_waiting)

    def _give_up_waiting(self) -> None:
        # A browser opens connections on the off chance; one that says nothing is no mistake.
        self._refuse(REQUEST_TIMEOUT if self._head_bytes else b"")

    def _refuse(self, answer: bytes) -> None:
        self._stop_timer()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
