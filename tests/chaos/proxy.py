"""TCP proxy that injects network faults between the service and a backend."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

Mode = Literal["pass", "refuse", "silent", "unavailable", "slow", "corrupt"]

_BLOCK = 1 << 14
_UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
    b"Connection: close\r\n\r\n"
)


class Proxy:
    """Proxy from a loopback port to a server.

    Modes:
        pass: Forward everything.
        refuse: Close all connections and accept no new ones.
        silent: Keep connections open and forward nothing.
        unavailable: Answer with HTTP status 503.
        slow: Forward 20 kB per second.
        corrupt: Flip one bit near the end of long responses.
    """

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._mode: Mode = "pass"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, mode: Mode) -> None:
        """Change the mode, also for existing connections."""
        self._mode = mode
        if mode in ("refuse", "unavailable"):
            self.cut()

    def cut(self) -> None:
        """Close all connections."""
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening and close all connections."""
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self._mode == "refuse":
            client.close()
            return
        if self._mode == "unavailable":
            self._answer_unavailable(client)
            return
        try:
            server = self._connect()
        except OSError:
            client.close()
            return
        with self._lock:
            self._open |= {client, server}
        back = threading.Thread(target=self._pump, args=[server, client, True], daemon=True)
        back.start()
        self._pump(client, server, is_response=False)
        back.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _answer_unavailable(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            client.settimeout(1)
            client.recv(_BLOCK)
            client.sendall(_UNAVAILABLE)
            client.shutdown(socket.SHUT_WR)
            while client.recv(_BLOCK):  # otherwise a TCP reset discards the response
                pass

    def _pump(self, source: socket.socket, target: socket.socket, is_response: bool) -> None:  # noqa: FBT001 (argument of a thread)
        with suppress(OSError):
            while data := source.recv(_BLOCK):
                while self._mode == "silent":
                    time.sleep(0.05)
                target.sendall(self._corrupt(data) if is_response else data)
                if self._mode == "slow":
                    time.sleep(len(data) / 20_000)
        for sock in (source, target):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _corrupt(self, data: bytes) -> bytes:
        # Only blocks long enough to be image data; headers and short responses pass.
        if self._mode != "corrupt" or len(data) < 2000:
            return data
        return data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]


def to_port(port: int) -> Callable[[], socket.socket]:
    """Return a function that connects to a loopback port."""
    return lambda: socket.create_connection(("127.0.0.1", port), timeout=5)


def to_socket(path: str) -> Callable[[], socket.socket]:
    """Return a function that connects to a Unix domain socket."""

    def connect() -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(path)
        except OSError:
            sock.close()
            raise
        return sock

    return connect
