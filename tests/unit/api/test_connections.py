"""Connection limits, in total and per address (finding S5)."""

import pytest

from api.server.connections import ConnectionTable
from infra.settings import Settings

SETTINGS = Settings.model_validate({"max_connections": 4, "max_connections_address": 2})


class FakeConnection:
    """Connection that records whether it was closed."""

    is_open = True

    def disconnect(self) -> None:
        self.is_open = False


def connect(table: ConnectionTable, address: str, *, busy: bool = False) -> FakeConnection | None:
    """Return an admitted connection."""
    connection = FakeConnection()
    admitted = table.add(connection, address)
    if busy:
        table.mark_busy(connection)
    return connection if admitted else None


def test_connection_above_the_limit_of_its_address_replaces_its_longest_idle_one() -> None:
    table = ConnectionTable(SETTINGS)
    other = connect(table, "192.0.2.1")
    mine = [connect(table, "192.0.2.2") for _ in range(3)]

    assert [each and each.is_open for each in [other, *mine]] == [True, False, True, True]


def test_connection_is_refused_if_all_of_its_address_are_in_use() -> None:
    table = ConnectionTable(SETTINGS)
    assert connect(table, "192.0.2.2", busy=True)
    assert connect(table, "192.0.2.2", busy=True)

    assert connect(table, "192.0.2.2") is None
    assert connect(table, "192.0.2.3")


def test_ipv6_network_counts_as_one_address() -> None:
    table = ConnectionTable(SETTINGS)
    assert connect(table, "2001:db8::1", busy=True)
    assert connect(table, "2001:db8::2", busy=True)

    assert connect(table, "2001:db8::3") is None


def test_address_with_most_connections_makes_room_at_the_total_limit() -> None:
    table = ConnectionTable(SETTINGS)
    quiet = connect(table, "192.0.2.1")
    flood = [connect(table, "127.0.0.1") for _ in range(10)]

    assert quiet
    assert quiet.is_open
    assert [bool(each and each.is_open) for each in flood] == [False] * 7 + [True] * 3


def test_released_connection_makes_room() -> None:
    table = ConnectionTable(SETTINGS)
    first = connect(table, "192.0.2.2", busy=True)
    assert first
    assert connect(table, "192.0.2.2", busy=True)
    table.remove(first)
    table.remove(first)

    assert connect(table, "192.0.2.2")


def test_trusted_proxy_is_exempt_from_the_limit_per_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.0/8")
    table = ConnectionTable(SETTINGS)

    assert all(connect(table, "10.1.2.3", busy=True) for _ in range(4))
    assert connect(table, "10.1.2.3") is None


def test_connections_above_the_limits_replace_each_other() -> None:
    table = ConnectionTable(SETTINGS)
    for _ in range(4):
        connect(table, "127.0.0.1", busy=True)
    excess = [FakeConnection() for _ in range(70)]

    assert not any(table.add(each, "127.0.0.1") for each in excess)
    assert [each.is_open for each in excess] == [False] * 6 + [True] * 64
