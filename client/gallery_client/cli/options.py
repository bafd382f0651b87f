"""Options, output and errors shared by the commands."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gallery_client.errors import GalleryError
from gallery_client.flow import Retries
from gallery_client.gallery import DEFAULT_URL, Gallery
from gallery_client.upload import OnProgress
from gallery_client.upload import Progress as Step

__all__ = ["DEFAULT_URL", "AsJson", "Key", "Limit", "Url"]

Url = Annotated[str, typer.Option(envvar="GALLERY_URL", help="URL of the gallery.")]
Key = Annotated[str | None, typer.Option(envvar="GALLERY_KEY", help="API key.")]
Limit = Annotated[int, typer.Option(min=1, help="Maximum number of results.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]
_SECONDS_BETWEEN_NOTICES = 30.0


@contextmanager
def open_gallery(url: str, key: str | None) -> Iterator[Gallery]:
    """Open a client; print an error of the client and exit with status 1."""
    try:
        with Gallery(url, key, retries=Retries(on_retry=_Notices())) as gallery:
            yield gallery
    except GalleryError as error:
        print_message(f"gallery: {error}")
        raise typer.Exit(1) from None


class _Notices:
    """Prints the message of a retry, at most one in 30 s."""

    def __init__(self) -> None:
        self._printed_at = -_SECONDS_BETWEEN_NOTICES

    def __call__(self, message: str) -> None:
        now = time.monotonic()
        if now - self._printed_at >= _SECONDS_BETWEEN_NOTICES:
            self._printed_at = now
            print_message(f"gallery: {message}")


@contextmanager
def progress_bars() -> Iterator[OnProgress]:
    """Show one progress bar for each stage, on stderr."""
    with Progress(
        TextColumn("{task.description:>11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bars:
        tasks = {
            stage: bars.add_task(stage, visible=False)
            for stage in ("reading", "uploading", "classifying")
        }

        def show(step: Step) -> None:
            bars.update(tasks[step.stage], completed=step.done, total=step.total, visible=True)

        yield show


def print_models(table: Table, rows: Iterable[BaseModel], *, as_json: bool) -> None:
    """Print the rows as JSON lines, or the table."""
    if as_json:
        sys.stdout.writelines(each.model_dump_json() + "\n" for each in rows)
    else:
        Console().print(table)


def print_json(value: Any) -> None:
    """Print one JSON line to stdout."""
    sys.stdout.write(json.dumps(value) + "\n")


def print_message(message: str) -> None:
    """Print a message to stderr."""
    typer.echo(message, err=True)
