"""A TCP proxy that can be told to misbehave, between the service and what it stands on."""

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
    """Forwards a loopback port to a server.

    Modes: `pass`; `refuse` breaks connections and takes no new ones; `silent` keeps connections
    open and forwards nothing; `unavailable` answers HTTP 503; `slow` passes 20 KB a second;
    `corrupt` flips a bit of every answer's last bytes.
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
        """Behave so from now on, on connections that exist, too."""
        self._mode = mode
        if mode in ("refuse", "unavailable"):
            self.cut()

    def cut(self) -> None:
        """Break every connection there is."""
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
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
        self._pump(client, server, answers=False)
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
            while client.recv(_BLOCK):  # or the answer is lost in a reset
                pass

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:  # noqa: FBT001 (a thread's argument)
        with suppress(OSError):
            while data := source.recv(_BLOCK):
                while self._mode == "silent":
                    time.sleep(0.05)
                target.sendall(self._spoil(data) if answers else data)
                if self._mode == "slow":
                    time.sleep(len(data) / 20_000)
        for sock in (source, target):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _spoil(self, data: bytes) -> bytes:
        # Only what is long enough to be a picture: headers and small answers pass.
        if self._mode != "corrupt" or len(data) < 2000:
            return data
        return data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]


def to_port(port: int) -> Callable[[], socket.socket]:
    return lambda: socket.create_connection(("127.0.0.1", port), timeout=5)


def to_socket(path: str) -> Callable[[], socket.socket]:
    def connect() -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(path)
        except OSError:
            sock.close()
            raise
        return sock

    return connect
