"""HTTP proxy that drops responses after the server has processed the request."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2


@contextmanager
def lossy_proxy(url: str) -> Iterator[tuple[str, Counter[str]]]:
    """Run a proxy in front of `url`, which drops the first response to each upload request.

    Yields the address of the proxy, and the number of requests by idempotency key.
    """
    seen: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._forward()

        def do_POST(self) -> None:
            self._forward()

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            response = httpx2.request(
                self.command, url + self.path, content=body, headers=headers, timeout=60
            )
            key = self.headers.get("Idempotency-Key")
            if key:
                seen[key] += 1
                if seen[key] == 1:
                    self.close_connection = True
                    return
            self.send_response(response.status_code)
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
