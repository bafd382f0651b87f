"""Protection of webhooks against server-side request forgery (SSRF)."""

import asyncio
import ipaddress
import socket
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from core.errors import InvalidRequestError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL_LENGTH = 2000
_PORTS = {"http": 80, "https": 443}
# IPv4 networks of IANA's special-purpose registry, multicast, and Azure's metadata address. The
# metadata addresses of other clouds are among them.
_NOT_PUBLIC_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "168.63.129.16/32",
        ),
    )
)  # fmt: skip
# All unicast addresses of the internet are in this network, except for these special-purpose ones,
# which include the tunnels Teredo (in 2001::/23) and 6to4 (2002::/16).
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
# Interface ids of ISATAP, which tunnels to the IPv4 address in the last 32 bits.
_ISATAP = (0x00005EFE, 0x02005EFE)


class ForbiddenAddressError(Exception):
    """A host name does not resolve, or resolves to a private address."""


def is_public(address: Address) -> bool:
    """Return whether an address is a unicast address of the public internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address.ipv4_mapped:
        return is_public(address.ipv4_mapped)
    is_isatap = (int(address) >> 32) & 0xFFFFFFFF in _ISATAP
    return (
        address in _GLOBAL_V6
        and not is_isatap
        and not any(address in network for network in _NOT_PUBLIC_V6)
    )


def read_url(url: str, *, allow_private: bool) -> SplitResult:
    """Parse and validate a webhook URL. Does not resolve its host name.

    Raises:
        InvalidRequestError: The URL is malformed, is not HTTP(S), contains credentials or a
            fragment, or names a private IP address while these are not allowed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidRequestError(f"`{url[:100]}` is not a valid URL.") from error
    is_printable = url.isascii() and url.isprintable() and " " not in url
    if (
        len(url) > MAX_URL_LENGTH
        or not is_printable
        or parts.scheme not in _PORTS
        or not parts.hostname
    ):
        raise InvalidRequestError(
            "A webhook URL must start with https:// or http://, contain only printable ASCII "
            f"characters, and have at most {MAX_URL_LENGTH:,} of them."
        )
    if parts.username is not None or parts.fragment or port == 0:
        raise InvalidRequestError(
            "A webhook URL must not contain a user name, a password, a fragment or port 0."
        )
    with suppress(ValueError):
        if not allow_private and not is_public(ipaddress.ip_address(parts.hostname)):
            raise InvalidRequestError("A webhook URL must not name a private address.")
    return parts


async def find_addresses(parts: SplitResult, *, allow_private: bool) -> tuple[list[str], int]:
    """Resolve the host name of a URL and return its addresses and the port.

    Callers must connect to the returned addresses and not resolve the name again: a second
    resolution may return other addresses (DNS rebinding).

    Raises:
        ForbiddenAddressError: The name does not resolve, or one of its addresses is private while
            these are not allowed.
    """
    port = parts.port or _PORTS[parts.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname, port, type=socket.SOCK_STREAM
        )
    except OSError as error:
        raise ForbiddenAddressError("the host name does not resolve") from error
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not allow_private and not all(is_public(ipaddress.ip_address(each)) for each in addresses):
        raise ForbiddenAddressError("the host name resolves to a private address")
    return addresses, port
