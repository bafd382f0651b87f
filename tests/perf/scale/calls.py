"""Eight clients that ask the running API, each as soon as it has its answer.

They share the machine with what they measure, so they do as little as can be: one thread, bare
sockets, no look into the answers beyond their state and length.
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
# Taken in by all clients, one after the other: a megabyte made anew for each answer would cost more
# than looking at it.
_BUFFER = memoryview(bytearray(1 << 20))


def get(port: int, path: str) -> Any:
    """One answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return json.loads(body)


def measure(
    ports: Sequence[int], path_of: Callable[[int], str], *, seconds: float, clients: int = CLIENTS
) -> pd.Series:
    """Latencies in milliseconds of as many calls as the clients get answered in that time.

    They are dealt out evenly to the ports, as a proxy before several processes would.
    """
    numbers = count()
    times: list[float] = []
    end = time.perf_counter() + seconds
    with selectors.DefaultSelector() as selector:
        for number in range(clients):
            client = _Client(ports[number % len(ports)])
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.ask(path_of(next(numbers)))
        while selector.get_map():
            for key, _ in selector.select():
                client = key.data
                if (took := client.listen()) is None:
                    continue
                times.append(took * 1000)
                if time.perf_counter() < end:
                    client.ask(path_of(next(numbers)))
                else:
                    selector.unregister(client.socket)
                    client.socket.close()
    return pd.Series(times)


class _Client:
    """One connection, with one question open at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._path = ""
        self._begin = 0.0
        self._head = b""
        self._missing = 0

    def ask(self, path: str) -> None:
        """Send the next question."""
        self._path, self._head = path, b""
        self._begin = time.perf_counter()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

    def listen(self) -> float | None:
        """Take what has come; the seconds since the question once the answer is whole."""
        received = self.socket.recv_into(_BUFFER)
        if not received:
            raise RuntimeError(f"{self._path}: the connection was closed")
        if not self._head.endswith(b"\r\n\r\n"):
            received = self._read_head(self._head + bytes(_BUFFER[:received]))
        self._missing -= received
        return None if self._missing else time.perf_counter() - self._begin

    def _read_head(self, data: bytes) -> int:
        """Keep the answer's head; return how much of its body came along."""
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
