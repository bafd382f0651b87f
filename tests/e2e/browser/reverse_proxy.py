"""Reverse proxy that serves the gallery below a path."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2

# Headers of the connection or of the transfer encoding, which a proxy must not forward.
HOP_BY_HOP = {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}


def _create_handler(path: str, upstream: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _forward(self) -> None:
            if not self.path.startswith(path):
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            response = httpx2.request(
                self.command,
                f"{upstream}/{self.path.removeprefix(path)}",
                headers=[(k, v) for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP],
                content=body,
                timeout=60,
            )
            self.send_response(response.status_code)
            for name, value in response.headers.multi_items():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_GET = do_POST = do_DELETE = _forward  # noqa: N815 (method names of the base class)

        def log_message(self, *_: object) -> None:
            """Disable the request log of the base class."""

    return Handler


@contextmanager
def served_below(path: str, upstream: str) -> Iterator[str]:
    """Serve `upstream` below `path`, which starts and ends with a slash; yield the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _create_handler(path, upstream))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
