"""Whether the service asks for keys: not as long as there is none."""

import ipaddress
import time
from contextlib import suppress
from functools import lru_cache

import psycopg

from core.errors import ConfigurationError
from infra.database.pool import Database, limited_conninfo
from infra.database.queries.sessions import HAS_KEYS, has_keys
from infra.settings import Settings

# How soon the first key closes a service that was open. It never opens again.
_RECHECK_SECONDS = 1.0


class OpenAccess:
    """Whether the service asks for no key, as long as there is none."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_open = True
        self._look_at = 0.0

    async def ask(self) -> bool:
        if self._is_open and time.monotonic() >= self._look_at:
            async with self._database.connection() as conn:
                self._is_open = not await has_keys(conn)
            self._look_at = time.monotonic() + _RECHECK_SECONDS
        return self._is_open


def require_keys_on_public_address(settings: Settings) -> None:
    """See to it that a service without keys is not put on a network unawares.

    Where the database is away, nobody can say whether there are keys; each request is asked then.

    Raises:
        ConfigurationError: it would be.
    """
    if settings.allow_open or is_loopback(settings.host):
        return
    with (
        suppress(psycopg.Error),
        psycopg.connect(limited_conninfo(settings.require_database_url()), autocommit=True) as conn,
    ):
        if conn.execute(HAS_KEYS).fetchone() == (False,):
            raise ConfigurationError(
                f"GALLERY_HOST={settings.host} can be reached from other machines, and there are "
                "no API keys: anybody could use the gallery. Make one with `gallery keys create "
                "NAME`, or, if everybody who can reach it may use it, set GALLERY_ALLOW_OPEN=1."
            )


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
