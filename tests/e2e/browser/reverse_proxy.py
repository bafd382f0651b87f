"""A reverse proxy that serves the gallery below a path, beside other things of a house."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

# What belongs to one connection, not to the message.
HOP_BY_HOP = {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}


def _handler(path: str, upstream: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _forward(self) -> None:
            if not self.path.startswith(path):
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = httpx.request(
                self.command,
                f"{upstream}/{self.path.removeprefix(path)}",
                headers=[(k, v) for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP],
                content=body,
                timeout=60,
            )
            self.send_response(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_DELETE = _forward  # noqa: N815 (the names that the base class calls)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def served_below(path: str, upstream: str) -> Iterator[str]:
    """The address of a gallery under `path`, which begins and ends with a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(path, upstream))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
