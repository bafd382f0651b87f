"""Where our own requests may go when a client says where."""

import ipaddress
import socket
from typing import Any

import pytest

from api.webhooks.ssrf import ForbiddenAddressError, find_addresses, is_public, read_url
from core.errors import InvalidRequestError


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.20.0.2",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "fec0::1",
        "feff::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https://user:password@example.org/",
        "https://example.org/#part",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://example.org/\r\nX-Evil: 1",
        "https://exämple.org/",
        "https://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_what_cannot_be_sent_to_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_url(url, allow_private=False)


def resolving_to(*answers: list[str]) -> Any:
    """A resolver whose answer changes each time, as that of somebody who means harm does."""
    left = list(answers)

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[Any]:
        assert host == "rebound.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in left.pop(0)]

    return getaddrinfo


@pytest.mark.anyio
async def test_a_name_is_asked_once_and_all_of_its_answer_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = read_url("https://rebound.example/hook", allow_private=False)
    monkeypatch.setattr(
        socket, "getaddrinfo", resolving_to(["93.184.215.14"], ["93.184.215.14", "127.0.0.1"])
    )

    assert await find_addresses(parts, allow_private=False) == (["93.184.215.14"], 443)
    with pytest.raises(ForbiddenAddressError):
        await find_addresses(parts, allow_private=False)
