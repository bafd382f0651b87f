"""`gallery keys`: who may use the service."""

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

app = typer.Typer(help="API keys: make them, list them, end them.", no_args_is_help=True)

_SCOPES = ("read", "submit", "manage")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, for the list.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="read: look, search, export. submit: send pictures. manage: delete, retry, "
            "cancel. May be given several times; read and submit unless given."
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, help="How long it is valid; for ever unless given.")
    ] = None,
) -> None:
    """Make a key and show it, this once."""
    for each in scope or ():
        if each not in _SCOPES:
            raise typer.BadParameter(f"{each} is none of {', '.join(_SCOPES)}.")
    scopes = cast("list[Scope]", scope or ["read", "submit"])
    valid_for = None if days is None else timedelta(days=days)

    def work(settings: Settings) -> None:
        with _database(settings) as conn:
            key = create_key(conn, name, scopes, valid_for=valid_for)
        typer.echo("Keep it well; it is not shown again.", err=True)
        typer.echo(key)

    start("gallery", work)


@app.command("list")
def show() -> None:
    """List the keys by their visible beginnings."""

    def work(settings: Settings) -> None:
        with _database(settings) as conn:
            keys = list_keys(conn)
        begins = Column("begins with", no_wrap=True)  # what `revoke` takes
        table = Table(begins, "name", "scopes", "made", "valid until", "last used")
        for key in keys:
            until = _day(key.expires_at) if key.expires_at else "for ever"
            if not key.is_valid:
                until = f"revoked {_day(key.revoked_at)}" if key.revoked_at else f"over {until}"
            used = _day(key.last_used_at) if key.last_used_at else "never"
            scopes = ", ".join(key.scopes)
            table.add_row(key.prefix, key.name, scopes, _day(key.created_at), until, used)
        Console().print(table)

    start("gallery", work)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's beginning, as `gallery keys list` has it.")],
) -> None:
    """End a key at once, with every session begun with it."""

    def work(settings: Settings) -> None:
        with _database(settings) as conn:
            revoke_key(conn, key)
        typer.echo("It is revoked.", err=True)

    start("gallery", work)


@contextmanager
def _database(settings: Settings) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(limited_conninfo(_address(settings)), autocommit=True) as conn:
            yield conn
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(
            "The database does not answer. Is the gallery running (`make run`)?"
        ) from error


def _address(settings: Settings) -> str:
    """The database's address: as set, or that of the embedded one in the data directory."""
    if settings.database_url is not None:
        return settings.require_database_url()
    from infra.embedded.data_dir import DataDir  # noqa: PLC0415 (needs the embedded packages)
    from infra.embedded.postgres import address  # noqa: PLC0415

    return address(DataDir(settings.data_dir.resolve(), lock=-1).sockets)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
