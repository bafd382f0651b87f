"""Database connection of commands on the server."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from core.errors import DatabaseUnavailableError
from infra.database.pool import limited_conninfo
from infra.settings import Settings


@contextmanager
def open_database(settings: Settings) -> Iterator[psycopg.Connection]:
    """Connect to the database of the settings or, without an address, to the embedded one.

    Raises:
        DatabaseUnavailableError: The connection failed.
    """
    try:
        with psycopg.connect(limited_conninfo(_conninfo(settings)), autocommit=True) as conn:
            yield conn
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(
            "Cannot connect to the database. Start the gallery (`make run`) or check "
            "GALLERY_DATABASE_URL."
        ) from error


def _conninfo(settings: Settings) -> str:
    """Return GALLERY_DATABASE_URL, or the address of the embedded Postgres if it is not set."""
    if settings.database_url is not None:
        return settings.require_database_url()
    from infra.embedded.data_dir import DataDir  # noqa: PLC0415 (needs the embedded packages)
    from infra.embedded.postgres import address  # noqa: PLC0415

    return address(DataDir(settings.data_dir.resolve(), lock=-1).sockets)
