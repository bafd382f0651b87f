"""Commands `gallery upload`, `search`, `jobs`, `export` and `doctor`."""

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
from client.http import GalleryClient, RequestFailedError
from client.upload import Upload

app = typer.Typer()

Url = Annotated[str, typer.Option(envvar="GALLERY_URL", help="URL of the gallery.")]
Key = Annotated[str | None, typer.Option(envvar="GALLERY_KEY", help="API key.")]
Limit = Annotated[int, typer.Option(min=1, help="Maximum number of results.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]
DEFAULT_URL = "http://127.0.0.1:8000"
_MAX_PAGE = 500  # items; the API's limit


@app.command()
def upload(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", exists=True, help="Files and folders.")
    ],
    *,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
    wait: Annotated[bool, typer.Option(help="Wait until all images are classified.")] = True,
) -> None:
    """Upload images that are not in the gallery yet.

    Exits with status 1 if a file fails.
    """
    with _client(url, key) as client:
        run = Upload(client, list(find_files(paths)))
        if not run.files:
            raise RequestFailedError("No images found in the given folders.")
        with _progress() as progress:
            task = progress.add_task("reading", total=len(run.files))
            run.hash(lambda files: progress.advance(task, len(files)))
            left = sum(file.outcome == "waiting" for file in run.files)
            task = progress.add_task("uploading", total=left)
            run.send(lambda files: progress.advance(task, len(files)))
            if wait and run.job_id:
                task = progress.add_task("classifying", total=left)
                run.follow(lambda done: progress.update(task, completed=done))
    for file in run.files:
        _print_file(file, as_json=as_json)
    failed = sum(not file.is_ok for file in run.files)
    known = sum(file.outcome in ("known", "duplicate") for file in run.files)
    _print_message(
        f"{len(run.files)} files: {known} already in the gallery, {failed} failed. "
        f"Job: {run.job_id or 'none'}"
    )
    raise typer.Exit(1 if failed else 0)


def _print_file(file: LocalFile, *, as_json: bool) -> None:
    if as_json:
        fields = ("outcome", "image_id", "status", "problem", "sha256")
        line = {"file": str(file.path)} | {name: getattr(file, name) for name in fields}
        sys.stdout.write(json.dumps(line) + "\n")
    elif not file.is_ok:
        _print_message(f"{file.path}: {file.problem or file.status}")


@app.command()
def search(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="Search, as in the page; default: all images.")
    ] = "",
    *,
    url: Url = DEFAULT_URL,
    key: Key = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List images that match a search."""
    with _client(url, key) as client:
        pages = client.list_items("images", q=query, limit=min(limit, _MAX_PAGE))
        images = list(islice(pages, limit))
    table = Table(Column("id", no_wrap=True), "name", "status", "tags")
    for image in images:
        tags = ", ".join(f"{each['label']} {each['score']:.0%}" for each in image["predictions"])
        table.add_row(image["id"], image["name"], image["status"], tags)
    _print_rows(table, images, as_json=as_json)


@app.command()
def jobs(
    *,
    url: Url = DEFAULT_URL,
    key: Key = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    with _client(url, key) as client:
        found = list(islice(client.list_items("jobs", limit=min(limit, _MAX_PAGE)), limit))
    table = Table(
        Column("id", no_wrap=True), "created", "status", "files", "done", "failed", "rejected"
    )
    for job in found:
        counts = [str(job["counts"][name]) for name in ("total", "done", "failed", "rejected")]
        table.add_row(job["id"], job["created_at"][:19], job["status"], *counts)
    _print_rows(table, found, as_json=as_json)


@app.command()
def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Output file; its suffix selects the format.")
    ],
    *,
    query: Annotated[str, typer.Option(help="Export only images that match this search.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Export images and their tags to a file."""
    partial = file.with_name(file.name + ".partial")
    file_format = file.suffix.lstrip(".") or "csv"
    with _client(url, key) as client, partial.open("wb") as output:
        for part in client.download("export", format=file_format, q=query):
            output.write(part)
    partial.replace(file)
    _print_message(f"Exported to {file}.")


@app.command()
def doctor(*, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Check the gallery, its workers and its model.

    Exits with status 1 if a check fails.
    """
    with _client(url, key) as client:
        status = client.get("status")
        checks = {
            "gallery": (True, client.url),
            "workers": (status["workers"]["state"] == "ready", status["workers"]["detail"]),
            "model": (bool(status["model"]), status["model"] or "No model is loaded."),
        }
    for name, (is_ok, detail) in checks.items():
        _print_message(f"{'ok' if is_ok else 'FAILED':6}  {name}: {detail}")
    raise typer.Exit(0 if all(is_ok for is_ok, _ in checks.values()) else 1)


@contextmanager
def _client(url: str, key: str | None) -> Iterator[GalleryClient]:
    """Open a client; print a failed request and exit with status 1."""
    try:
        with GalleryClient(url, key) as client:
            yield client
    except RequestFailedError as error:
        _print_message(f"gallery: {error}")
        raise typer.Exit(1) from None


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:>11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _print_rows(table: Table, rows: list[Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.writelines(json.dumps(each) + "\n" for each in rows)
    else:
        Console().print(table)


def _print_message(message: str) -> None:
    typer.echo(message, err=True)
