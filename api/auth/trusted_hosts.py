"""Host names under which a service without API keys may be reached.

A web page can resolve its own host name to a loopback address (DNS rebinding). The browser then
treats responses of this service as same-origin with that page. The `Host` header reveals the page's
host name, so unknown names are refused.
"""

import ipaddress
from contextlib import suppress
from urllib.parse import urlsplit

from infra.settings import Settings


def is_trusted_host(host: str, settings: Settings) -> bool:
    """Return whether a `Host` header is an IP address, a localhost name, or a configured name."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    known = {settings.host.lower(), *settings.allowed_hosts.lower().replace(",", " ").split()}
    return name == "localhost" or name.endswith(".localhost") or name in known
