"""Host names under which a service without API keys may be reached.

A web page can resolve its own host name to a loopback address (DNS rebinding). The browser then
treats responses of this service as same-origin with that page. The `Host` header reveals the page's
host name, so unknown names are refused.
"""

import ipaddress
import re
from contextlib import suppress
from urllib.parse import urlsplit

from infra.settings import Settings

# RFC 9110: a name or an address with an optional port. Other parts of a URL, such as a user name,
# are refused, because programs disagree about which host they denote.
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]{1,5})?")


def is_trusted_host(host: str, settings: Settings) -> bool:
    """Return whether a `Host` header is an IP address, a localhost name, or a configured name."""
    parts = _HOST.fullmatch(host)
    if parts is None:
        return False
    name = (parts[1] or parts[2]).lower()
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    known = {settings.host.lower(), *settings.allowed_hosts.lower().replace(",", " ").split()}
    return name == "localhost" or name.endswith(".localhost") or name in known


def is_origin_of(origin: str, host: str) -> bool:
    """Return whether the host of an `Origin` header is that of the `Host` header."""
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False
