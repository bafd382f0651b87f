"""Limits on the number of connections, in total and per client address."""

import os
from collections import Counter
from typing import Final, Protocol

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.auth.rate_limit import network_of
from infra.settings import Settings

# Connections above the limits that wait for the head of a health probe. A further one replaces the
# oldest.
_MAX_EXCESS: Final = 64


class Connection(Protocol):
    """One connection, as far as the table needs it."""

    def disconnect(self) -> None:
        """Close the connection without a response."""


class ConnectionTable:
    """Open connections of this process.

    At a limit, a new connection takes the place of the longest idle one. If all are in use, it is
    not admitted; the protocol then answers health probes only.
    """

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.max_connections
        self._per_address = settings.max_connections_address
        # A trusted proxy holds the connections of all its clients. Uvicorn reads the same variable.
        trusted = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
        self._trusted = ProxyHeadersMiddleware(_no_app, trusted).trusted_hosts
        self._clients: dict[Connection, str] = {}
        self._counts: Counter[str] = Counter()
        # Insertion order: the first one has been idle for longest.
        self._idle: dict[Connection, None] = {}
        self._excess: dict[Connection, None] = {}

    def add(self, connection: Connection, address: str) -> bool:
        """Add an idle connection and return whether it is admitted."""
        client = network_of(address)
        if self._is_full(client, address) and not self._make_room(client, address):
            self._add_excess(connection)
            return False
        self._clients[connection] = client
        self._counts[client] += 1
        self._idle[connection] = None
        return True

    def remove(self, connection: Connection) -> None:
        """Remove a connection that was lost. A second call has no effect."""
        self._idle.pop(connection, None)
        self._excess.pop(connection, None)
        client = self._clients.pop(connection, None)
        if client is not None:
            self._counts[client] -= 1
            if not self._counts[client]:
                del self._counts[client]

    def mark_busy(self, connection: Connection) -> None:
        """Note that a connection has received the head of a request."""
        self._idle.pop(connection, None)

    def mark_idle(self, connection: Connection) -> None:
        """Note that a connection has no request in progress."""
        if connection in self._clients:
            self._idle[connection] = None

    def _is_full(self, client: str, address: str) -> bool:
        return len(self._clients) >= self._limit or self._is_over_share(client, address)

    def _is_over_share(self, client: str, address: str) -> bool:
        """Return whether the connections of one client reach the limit per address."""
        return 0 < self._per_address <= self._counts[client] and address not in self._trusted

    def _make_room(self, client: str, address: str) -> bool:
        """Close the longest idle connection of the client at its limit, or of the busiest one."""
        if self._is_over_share(client, address):
            victim = self._longest_idle(client)
        else:
            busiest = max(self._counts, key=self._counts.__getitem__)
            victim = self._longest_idle(busiest) or next(iter(self._idle), None)
        if victim is None:
            return False
        self.remove(victim)
        victim.disconnect()
        return True

    def _longest_idle(self, client: str) -> Connection | None:
        return next((each for each in self._idle if self._clients[each] == client), None)

    def _add_excess(self, connection: Connection) -> None:
        if len(self._excess) >= _MAX_EXCESS:
            oldest = next(iter(self._excess))
            del self._excess[oldest]
            oldest.disconnect()
        self._excess[connection] = None


async def _no_app(*_: object) -> None:
    """Stand in for the application that the proxy middleware wraps."""
