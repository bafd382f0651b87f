"""Validation of webhook URLs and of the addresses they resolve to."""

import ipaddress
import socket
from typing import Any

import pytest

from api.webhooks.ssrf import ForbiddenAddressError, find_addresses, is_public, read_url
from core.errors import InvalidRequestError


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8"])
def test_internet_address_is_public(address: str) -> None:
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
        # S11: these were public.
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "2606:4700::5efe:127.0.0.1",
        "2606:4700::200:5efe:10.0.0.1",
        "5f00::1",
        "100::1",
        "4000::1",
        "2001:db8::1",
        "3fff::1",
        "192.88.99.1",
        "192.31.196.1",
        "168.63.129.16",
        "192.0.0.192",
        "100.100.100.200",
        "fd00:ec2::254",
    ],
)
def test_special_address_is_not_public(address: str) -> None:
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
def test_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_url(url, allow_private=False)


def resolving_to(*answers: list[str]) -> Any:
    """Return a resolver that returns other addresses at each call, like a DNS rebinding attack."""
    remaining = list(answers)

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[Any]:
        assert host == "rebound.example"
        addresses = remaining.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    return getaddrinfo


@pytest.mark.anyio
async def test_name_is_resolved_once_and_all_addresses_are_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = read_url("https://rebound.example/hook", allow_private=False)
    monkeypatch.setattr(
        socket, "getaddrinfo", resolving_to(["93.184.215.14"], ["93.184.215.14", "127.0.0.1"])
    )

    assert await find_addresses(parts, allow_private=False) == (["93.184.215.14"], 443)
    with pytest.raises(ForbiddenAddressError):
        await find_addresses(parts, allow_private=False)
