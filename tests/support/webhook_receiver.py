"""In-process webhook receiver with configurable responses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Event, Thread


@dataclass(frozen=True)
class Received:
    """Received request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Receiver state.

    Attributes:
        port: Port on loopback.
        received: Requests in order of arrival.
        answers: Status codes of the next responses; 204 when the list is empty.
        hang: While set, requests are read and not answered.
    """

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    hang: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        """URL to register as a webhook."""
        return f"http://127.0.0.1:{self.port}/hook?token=a%20b"


@contextmanager
def running_receiver(tls: SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver on a free port, with TLS if a context is given."""
    receiver = Receiver()
    closed = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(Received(self.path, dict(self.headers), body))
            if receiver.hang.is_set():
                closed.wait(30)
                return
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_port
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            closed.set()
            server.shutdown()
            thread.join()
