"""Commands `gallery keys create`, `list`, `rotate` and `revoke`."""

from datetime import datetime, timedelta
from typing import Annotated, Any, cast

import psycopg
import typer
from rich.console import Console
from rich.table import Column, Table

from cli.database import open_database
from infra.bootstrap import start
from infra.database.queries.api_keys import (
    KEY_LIFETIME,
    SCOPES,
    ApiKey,
    Scope,
    create_key,
    find_key,
    list_keys,
    revoke_key,
    rotate_key,
)
from infra.database.queries.audit import AuditEvent, add_event
from infra.settings import Settings

app = typer.Typer(help="Manage API keys.", no_args_is_help=True)

_Prefix = Annotated[
    str,
    typer.Argument(metavar="PREFIX", help="Prefix of the key (`gallery keys list`) or part of it."),
]
_Days = Annotated[
    int, typer.Option(min=1, max=36_500, help="Days until the key expires.", show_default=True)
]
_Never = Annotated[bool, typer.Option("--never", help="The key does not expire.")]


@app.command()
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the key, shown by `gallery keys list`.")
    ],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="read: view, search and export. submit: upload images. review: confirm and "
            "reject tags. manage: review, delete, retry, cancel, and manage keys. Repeat for "
            "several scopes; default: read and submit."
        ),
    ] = None,
    days: _Days = KEY_LIFETIME.days,
    never: _Never = False,
) -> None:
    """Create a key and print it once."""
    for each in scope or ():
        if each not in SCOPES:
            raise typer.BadParameter(f"Unknown scope {each}; use {', '.join(SCOPES)}.")
    scopes = cast("list[Scope]", scope or ["read", "submit"])

    def work(settings: Settings) -> None:
        with open_database(settings) as conn, conn.transaction():
            key = create_key(conn, name, scopes, valid_for=_lifetime(days, never=never))
            _audit(conn, "key.created", find_key(conn, key))
        _print(key)

    start("gallery", work)


@app.command("list")
def show() -> None:
    """List keys."""

    def work(settings: Settings) -> None:
        with open_database(settings) as conn:
            keys = list_keys(conn)
        # Lines break between words of names, not within dates or the argument of other commands.
        columns = ("prefix", "name", "scopes", "created", "expires", "last used", "from")
        table = Table(*(Column(each, no_wrap=each not in _WRAPPED) for each in columns))
        for key in keys:
            table.add_row(
                key.prefix,
                key.name,
                ", ".join(key.scopes),
                _date(key.created_at),
                _expiry(key),
                _date(key.last_used_at) if key.last_used_at else "never",
                key.last_used_address,
            )
        Console(width=max(Console().width, _MIN_WIDTH)).print(table)

    start("gallery", work)


@app.command()
def rotate(
    prefix: _Prefix,
    *,
    overlap_hours: Annotated[
        int, typer.Option(min=0, help="Hours for which the old key remains valid.")
    ] = 24,
    days: _Days = KEY_LIFETIME.days,
    never: _Never = False,
) -> None:
    """Replace a key by one with the same name and scopes, and print it once."""

    def work(settings: Settings) -> None:
        with open_database(settings) as conn, conn.transaction():
            old = find_key(conn, prefix)
            created = rotate_key(
                conn,
                old,
                overlap=timedelta(hours=overlap_hours),
                valid_for=_lifetime(days, never=never),
            )
            _audit(conn, "key.rotated", created.row, replaced=old.prefix)
        typer.echo(f"{old.prefix} remains valid for at most {overlap_hours} h.", err=True)
        _print(created.key)

    start("gallery", work)


@app.command()
def revoke(prefix: _Prefix) -> None:
    """Revoke a key and its sessions, effective at once."""

    def work(settings: Settings) -> None:
        with open_database(settings) as conn, conn.transaction():
            key = revoke_key(conn, prefix)
            _audit(conn, "key.revoked", key)
        typer.echo(f"Revoked {key.prefix} ({key.name}).", err=True)

    start("gallery", work)


_WRAPPED = frozenset({"name", "scopes"})
_MIN_WIDTH = 130


def _lifetime(days: int, *, never: bool) -> timedelta | None:
    return None if never else timedelta(days=days)


def _print(key: str) -> None:
    typer.echo("Save this key now; it cannot be shown again.", err=True)
    typer.echo(key)


def _audit(conn: psycopg.Connection, event: str, key: ApiKey, **more: Any) -> None:  # noqa: ANN401 (JSON values)
    details = {"prefix": key.prefix, "name": key.name, "scopes": key.scopes, **more}
    add_event(conn, AuditEvent(event=event, details=details))


def _expiry(key: ApiKey) -> str:
    if key.revoked_at:
        return f"revoked {_date(key.revoked_at)}"
    if key.expires_at is None:
        return "never"
    return _date(key.expires_at) if key.is_valid else f"expired {_date(key.expires_at)}"


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
