"""`gallery upload|search|export|jobs|doctor`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from client.files import LocalFile, find_files
from client.http import Gallery, GalleryRefusedError
from client.upload import Upload

app = typer.Typer()

Url = Annotated[str, typer.Option(envvar="GALLERY_URL", help="Where the gallery is.")]
Key = Annotated[str | None, typer.Option(envvar="GALLERY_KEY", help="An API key.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, a line for each.")]
HERE = "http://127.0.0.1:8000"


@app.command()
def upload(
    places: Annotated[list[Path], typer.Argument(exists=True, help="Files and folders.")],
    *,
    url: Url = HERE,
    key: Key = None,
    as_json: AsJson = False,
    wait: Annotated[bool, typer.Option(help="Wait until all is classified.")] = True,
) -> None:
    """Send pictures; what the gallery has already is not sent. Ends with 1 if any file failed."""
    with _gallery(url, key) as gallery:
        run = Upload(gallery, list(find_files(places)))
        if not run.files:
            raise GalleryRefusedError("There are no pictures there.")
        with _progress() as progress:
            task = progress.add_task("reading", total=len(run.files))
            run.hash(lambda files: progress.advance(task, len(files)))
            left = sum(file.outcome == "waiting" for file in run.files)
            task = progress.add_task("sending", total=left)
            run.send(lambda files: progress.advance(task, len(files)))
            if wait and run.job_id:
                task = progress.add_task("classifying", total=left)
                run.follow(lambda done: progress.update(task, completed=done))
    for file in run.files:
        _tell(file, as_json=as_json)
    bad = sum(not file.is_well for file in run.files)
    known = sum(file.outcome in ("known", "duplicate") for file in run.files)
    _say(f"{len(run.files)} files: {known} were there, {bad} failed. Job: {run.job_id or 'none'}")
    raise typer.Exit(1 if bad else 0)


def _tell(file: LocalFile, *, as_json: bool) -> None:
    if as_json:
        fields = ("outcome", "image_id", "status", "problem", "sha256")
        line = {"file": str(file.path)} | {name: getattr(file, name) for name in fields}
        sys.stdout.write(json.dumps(line) + "\n")
    elif not file.is_well:
        _say(f"{file.path}: {file.problem or file.status}")


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Tags, as in the page's search.")] = "",
    *,
    url: Url = HERE,
    key: Key = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """Find pictures by their tags."""
    with _gallery(url, key) as gallery:
        found = list(islice(gallery.pages("images", q=query, limit=min(limit, 500)), limit))
    table = Table(Column("id", no_wrap=True), "name", "status", "tags")
    for image in found:
        tags = ", ".join(f"{each['label']} {each['score']:.0%}" for each in image["predictions"])
        table.add_row(image["id"], image["name"], image["status"], tags)
    _show(table, found, as_json=as_json)


@app.command()
def jobs(
    *,
    url: Url = HERE,
    key: Key = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest jobs."""
    with _gallery(url, key) as gallery:
        found = list(islice(gallery.pages("jobs", limit=min(limit, 500)), limit))
    table = Table(
        Column("id", no_wrap=True), "made", "status", "files", "done", "failed", "rejected"
    )
    for job in found:
        counts = [str(job["counts"][name]) for name in ("total", "done", "failed", "rejected")]
        table.add_row(job["id"], job["created_at"][:19], job["status"], *counts)
    _show(table, found, as_json=as_json)


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="The file to write; its ending says the format.")],
    *,
    query: Annotated[str, typer.Option(help="Only what this search finds.")] = "",
    url: Url = HERE,
    key: Key = None,
) -> None:
    """Write the gallery, or what a search finds, to a file."""
    partial = to.with_name(to.name + ".partial")
    with _gallery(url, key) as gallery, partial.open("wb") as file:
        for piece in gallery.download("export", format=to.suffix.lstrip(".") or "csv", q=query):
            file.write(piece)
    partial.replace(to)
    _say(f"Written: {to}")


@app.command()
def doctor(*, url: Url = HERE, key: Key = None) -> None:
    """Say what works and what does not. Ends with 1 unless all is well."""
    with _gallery(url, key) as gallery:
        status = gallery.get("status")
        checks = {
            "the gallery answers": (True, gallery.url),
            "workers": (status["workers"]["state"] == "ready", status["workers"]["detail"]),
            "model": (bool(status["model"]), status["model"] or "None is loaded."),
        }
    for name, (well, detail) in checks.items():
        _say(f"{'well' if well else 'NOT WELL'}  {name}: {detail}")
    raise typer.Exit(0 if all(well for well, _ in checks.values()) else 1)


@contextmanager
def _gallery(url: str, key: str | None) -> Iterator[Gallery]:
    try:
        with Gallery(url, key) as gallery:
            yield gallery
    except GalleryRefusedError as error:
        _say(f"gallery: {error}")
        raise typer.Exit(1) from None


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:>11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _show(table: Table, found: list[Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.writelines(json.dumps(each) + "\n" for each in found)
    else:
        Console().print(table)


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
