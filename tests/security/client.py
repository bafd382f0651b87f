"""Raw connections of an attacker."""

import select
import socket
from contextlib import suppress
from typing import Self


class Attacker:
    """Opens connections that violate limits, and closes them at the end.

    Args:
        port: Port of the service on loopback.
        key: API key; None for a stranger.
    """

    def __init__(self, port: int, key: str | None) -> None:
        self._port = port
        self._authorization = f"Authorization: Bearer {key}\r\n" if key else ""
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_all_but(0)

    def close_all_but(self, newest: int) -> None:
        """Close the oldest connections; the service has disconnected most of them by then."""
        kept = self._sockets[-newest:] if newest else []
        for sock in self._sockets[: len(self._sockets) - len(kept)]:
            sock.close()
        self._sockets = kept

    def connect(self, *, address: str = "127.0.0.1", receive_buffer: int = 0) -> socket.socket:
        """Open a connection.

        Args:
            address: Loopback address to connect from.
            receive_buffer: Size of the receive buffer in bytes; 0 for the default.
        """
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(10)
        sock.bind((address, 0))
        sock.connect(("127.0.0.1", self._port))
        self._sockets.append(sock)
        return sock

    def send_head(
        self, sock: socket.socket, method: str, path: str, *headers: str, body: bytes = b""
    ) -> None:
        """Send the head of a request, and the part of its body that is given."""
        lines = "".join(f"{header}\r\n" for header in headers)
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{self._authorization}{lines}\r\n"
        with suppress(OSError):  # the service may have answered and closed the connection
            sock.sendall(head.encode() + body)


def status_of(sock: socket.socket, *, seconds: float = 10.0) -> int | None:
    """Return the status code of the next response; None if none arrives in time."""
    sock.settimeout(seconds)
    answer = b""
    try:
        while len(answer) < len("HTTP/1.1 200"):
            data = sock.recv(12 - len(answer))
            if not data:
                return None
            answer += data
    except OSError:
        return None
    return int(answer[9:12])


def has_data(sock: socket.socket) -> bool:
    """Return whether a response has begun to arrive."""
    return bool(select.select([sock], [], [], 0)[0])


def is_open(sock: socket.socket) -> bool:
    """Return whether the service has neither answered nor closed a silent connection."""
    sock.setblocking(False)  # noqa: FBT003 (the library's signature)
    try:
        return sock.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
