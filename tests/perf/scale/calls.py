"""Closed-loop HTTP clients: each sends its next request when it has received a response.

The clients share the machine with the service, so they use little processor time: one thread,
plain sockets, and only the status and the length of a response are read.
"""

import http.client
import json
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pandas as pd

CLIENTS = 8
# Receive buffer of all clients: allocating a megabyte per response costs more than parsing it.
_BUFFER = memoryview(bytearray(1 << 20))


def get(port: int, path: str) -> Any:
    """Return the JSON of a resource.

    Raises:
        RuntimeError: The status is not 200.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != http.client.OK:
        raise RuntimeError(f"{path}: {response.status} {body[:300]!r}")
    return json.loads(body)


def measure(
    ports: Sequence[int], path_of: Callable[[int], str], *, seconds: float, clients: int = CLIENTS
) -> pd.Series:
    """Send requests for a time and return the latency of each in milliseconds.

    Args:
        ports: Ports of the API processes; clients are distributed evenly, as by a proxy.
        path_of: Returns the path of the nth request.
        seconds: Duration.
        clients: Number of clients.
    """
    numbers = count()
    times: list[float] = []
    end = time.perf_counter() + seconds
    with selectors.DefaultSelector() as selector:
        for number in range(clients):
            client = _Client(ports[number % len(ports)])
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.send(path_of(next(numbers)))
        while selector.get_map():
            for key, _ in selector.select():
                client = key.data
                if (took := client.receive()) is None:
                    continue
                times.append(took * 1000)
                if time.perf_counter() < end:
                    client.send(path_of(next(numbers)))
                else:
                    selector.unregister(client.socket)
                    client.socket.close()
    return pd.Series(times)


class _Client:
    """Connection with one outstanding request."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._path = ""
        self._start = 0.0
        self._head = b""
        self._missing = 0

    def send(self, path: str) -> None:
        """Send the next request."""
        self._path, self._head = path, b""
        self._start = time.perf_counter()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

    def receive(self) -> float | None:
        """Read available bytes; return the latency in seconds once the response is complete."""
        received = self.socket.recv_into(_BUFFER)
        if not received:
            raise RuntimeError(f"{self._path}: the connection was closed")
        if not self._head.endswith(b"\r\n\r\n"):
            received = self._read_head(self._head + bytes(_BUFFER[:received]))
        self._missing -= received
        return None if self._missing else time.perf_counter() - self._start

    def _read_head(self, data: bytes) -> int:
        """Parse the response head; return the number of body bytes received with it."""
        head, end, body = data.partition(b"\r\n\r\n")
        self._head = head + end
        if not end:
            self._missing = 1  # at least
            return 0
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{self._path}: {data[:500]!r}")
        lengths = [
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        ]
        self._missing = int(lengths[0].partition(b":")[2])
        return len(body)
