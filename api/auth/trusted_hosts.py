"""Under which names a gallery without keys answers.

A page can have a name of its own lead to this machine (DNS rebinding), and the browser then takes
our answers for that page's. It cannot choose what the name is.
"""

import ipaddress
from contextlib import suppress
from urllib.parse import urlsplit

from infra.settings import Settings


def is_trusted_host(host: str, settings: Settings) -> bool:
    """Whether a request's `Host` is an address, or a name that is known to be ours."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    known = {settings.host.lower(), *settings.allowed_hosts.lower().replace(",", " ").split()}
    return name == "localhost" or name.endswith(".localhost") or name in known
