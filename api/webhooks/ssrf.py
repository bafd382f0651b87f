"""Which addresses our own requests may go to, when a client chooses where they go."""

import asyncio
import ipaddress
import socket
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from core.errors import InvalidRequestError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL_LENGTH = 2000
_PORTS = {"http": 80, "https": 443}
# Networks of IPv6 by which IPv4 is reached, whichever of its addresses that be.
_TUNNELS = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")))


class ForbiddenAddressError(Exception):
    """A name leads where our requests may not go, or nowhere."""


def is_public(address: Address) -> bool:
    """Whether it is somebody's on the internet: not ours, not a neighbour's, not everybody's."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address.teredo or any(address in tunnel for tunnel in _TUNNELS):
            return False
        # The private networks of old, which Python takes for public ones.
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


def read_url(url: str, *, allow_private: bool) -> SplitResult:
    """Take an address apart.

    Raises:
        InvalidRequestError: it is none that could be sent to.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidRequestError(f"`{url[:100]}` is no address.") from error
    printable = url.isascii() and url.isprintable() and " " not in url
    if (
        len(url) > MAX_URL_LENGTH
        or not printable
        or parts.scheme not in _PORTS
        or not parts.hostname
    ):
        raise InvalidRequestError("A webhook is an address that begins with https:// or http://.")
    if parts.username is not None or parts.fragment or port == 0:
        raise InvalidRequestError("A webhook's address has no user, password or fragment.")
    with suppress(ValueError):
        if not allow_private and not is_public(ipaddress.ip_address(parts.hostname)):
            raise InvalidRequestError("A webhook may not lead into a private network.")
    return parts


async def find_addresses(parts: SplitResult, *, allow_private: bool) -> tuple[list[str], int]:
    """Ask once where a name leads; connect to just these, since the next answer may differ.

    Raises:
        ForbiddenAddressError: part of the answer leads where our requests may not go.
    """
    port = parts.port or _PORTS[parts.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname, port, type=socket.SOCK_STREAM
        )
    except OSError as error:
        raise ForbiddenAddressError("its name leads nowhere") from error
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not allow_private and not all(is_public(ipaddress.ip_address(each)) for each in addresses):
        raise ForbiddenAddressError("its name leads into a private network")
    return addresses, port
