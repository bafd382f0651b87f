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
# IPv6 networks that translate or tunnel to arbitrary IPv4 addresses: NAT64 and 6to4.
_TUNNELS = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")))


class ForbiddenAddressError(Exception):
    """A host name does not resolve, or resolves to a private address."""


def is_public(address: Address) -> bool:
    """Return whether an address is a unicast address of the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address.teredo or any(address in tunnel for tunnel in _TUNNELS):
            return False
        # `is_global` is true for the deprecated site-local networks.
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


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
