"""Commands `gallery keys create`, `list` and `revoke`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, cast

import psycopg
import typer
from rich.console import Console
from rich.table import Column, Table

from core.errors import DatabaseUnavailableError
from infra.bootstrap import start
from infra.database.pool import limited_conninfo
from infra.database.queries.api_keys import Scope, create_key, list_keys, revoke_key
from infra.settings import Settings

app = typer.Typer(help="Manage API keys.", no_args_is_help=True)

_SCOPES = ("read", "submit", "review", "manage")


@app.command()
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the key, shown by `gallery keys list`.")
    ],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="read: view, search and export. submit: upload images. review: confirm and "
            "reject tags. manage: delete, retry and cancel, and review. Repeat for several scopes; "
            "default: read and submit."
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, help="Days until the key expires; default: never.")
    ] = None,
) -> None:
    """Create a key and print it once."""
    for each in scope or ():
        if each not in _SCOPES:
            raise typer.BadParameter(f"Unknown scope {each}; use {', '.join(_SCOPES)}.")
    scopes = cast("list[Scope]", scope or ["read", "submit"])
    valid_for = None if days is None else timedelta(days=days)

    def work(settings: Settings) -> None:
        with _database(settings) as conn:
            key = create_key(conn, name, scopes, valid_for=valid_for)
        typer.echo("Save this key now; it cannot be shown again.", err=True)
        typer.echo(key)

    start("gallery", work)


@app.command("list")
def show() -> None:
    """List keys."""

    def work(settings: Settings) -> None:
        with _database(settings) as conn:
            keys = list_keys(conn)
        prefix = Column("prefix", no_wrap=True)  # argument of `gallery keys revoke`
        table = Table(prefix, "name", "scopes", "created", "expires", "last used")
        for key in keys:
            expires = _time(key.expires_at) if key.expires_at else "never"
            if not key.is_valid:
                expires = (
                    f"revoked {_time(key.revoked_at)}" if key.revoked_at else f"expired {expires}"
                )
            used = _time(key.last_used_at) if key.last_used_at else "never"
            scopes = ", ".join(key.scopes)
            table.add_row(key.prefix, key.name, scopes, _time(key.created_at), expires, used)
        Console().print(table)

    start("gallery", work)


@app.command()
def revoke(
    prefix: Annotated[
        str, typer.Argument(metavar="PREFIX", help="Prefix of the key (`gallery keys list`).")
    ],
) -> None:
    """Revoke a key and its sessions, effective at once."""

    def work(settings: Settings) -> None:
        with _database(settings) as conn:
            revoke_key(conn, prefix)
        typer.echo("Revoked.", err=True)

    start("gallery", work)


@contextmanager
def _database(settings: Settings) -> Iterator[psycopg.Connection]:
    """Connect to the database.

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


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
