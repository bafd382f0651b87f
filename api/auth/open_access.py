"""Access without API keys, which is open until the first key is created."""

import ipaddress
import time
from contextlib import suppress
from functools import lru_cache

import psycopg

from core.errors import ConfigurationError
from infra.database.pool import Database, limited_conninfo
from infra.database.queries.sessions import HAS_KEYS, has_keys
from infra.settings import Settings

# Maximum delay between the creation of the first key and the end of open access.
_RECHECK_SECONDS = 1.0


class OpenAccess:
    """Cached answer to whether the service has no API keys.

    Open access ends with the first key and does not return when keys are revoked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_open = True
        self._next_check = 0.0

    async def is_open(self) -> bool:
        """Return whether requests without a key may be served.

        Raises:
            DatabaseUnavailableError: The database cannot be queried.
        """
        if self._is_open and time.monotonic() >= self._next_check:
            async with self._database.connection() as conn:
                self._is_open = not await has_keys(conn)
            self._next_check = time.monotonic() + _RECHECK_SECONDS
        return self._is_open


def require_keys_on_public_address(settings: Settings) -> None:
    """Refuse to start on a non-loopback address while the service has no API keys.

    If the database is unavailable, the check is skipped; each request is checked anyway.

    Raises:
        ConfigurationError: The address is public, no keys exist, and GALLERY_ALLOW_OPEN is unset.
    """
    if settings.allow_open or is_loopback(settings.host):
        return
    with (
        suppress(psycopg.Error),
        psycopg.connect(limited_conninfo(settings.require_database_url()), autocommit=True) as conn,
    ):
        if conn.execute(HAS_KEYS).fetchone() == (False,):
            raise ConfigurationError(
                f"GALLERY_HOST={settings.host} is reachable from other machines, but no API keys "
                "exist. Create one with `gallery keys create NAME`, or set GALLERY_ALLOW_OPEN=1 to "
                "serve every client without a key."
            )


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Return whether a host name or address is a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
