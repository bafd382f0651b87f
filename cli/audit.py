"""Command `gallery audit`: list the audit trail."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.database import open_database
from infra.bootstrap import start
from infra.database.queries.audit import AuditEvent, EventFilter, read_events
from infra.settings import Settings

_AGE = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def audit(
    *,
    since: Annotated[
        str | None,
        typer.Option(help="Only events since then: 30m, 12h, 7d, or a date such as 2026-11-01."),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(help="Only this event (images.deleted), or all with this noun (images)."),
    ] = None,
    key: Annotated[str | None, typer.Option(help="Only events of keys with this name.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of events.")] = 50,
    json_lines: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
) -> None:
    """List the audit trail, newest first."""
    which = EventFilter(since=_time(since), event=event, key=key, limit=limit)

    def work(settings: Settings) -> None:
        with open_database(settings) as conn:
            events = read_events(conn, which)
        for each in events:
            typer.echo(_to_json(each) if json_lines else _to_text(each))

    start("gallery", work)


def _time(text: str | None) -> datetime | None:
    """Return the time that an option describes.

    Raises:
        BadParameter: It is neither an age nor a time.
    """
    if text is None:
        return None
    try:
        if age := _AGE.fullmatch(text):
            return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"`{text}` is neither an age (7d) nor a time.") from error
    return moment if moment.tzinfo else moment.astimezone()


def _to_json(event: AuditEvent) -> str:
    return json.dumps(asdict(event), default=str, ensure_ascii=False)


def _to_text(event: AuditEvent) -> str:
    facts = {
        "key": event.key_name,
        "from": event.address,
        "count": event.count,
        **event.details,
    }
    text = " ".join(f"{name}={_quote(value)}" for name, value in facts.items() if value is not None)
    return f"{event.at:%Y-%m-%d %H:%M:%S} {event.event} {event.outcome} {text}".rstrip()


def _quote(value: object) -> str:
    """Return a value on one line. Quotes text of clients, which may contain control characters."""
    text = str(value)
    return text if re.fullmatch(r"[\w.:/-]+", text, re.ASCII) else json.dumps(value, default=str)
