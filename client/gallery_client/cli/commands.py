"""Commands `gallery upload`, `search`, `export`, `delete`, `restore`, `retry` and `doctor`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from gallery_client.cli import jobs
from gallery_client.cli.options import (
    DEFAULT_URL,
    AsJson,
    Key,
    Limit,
    Url,
    open_gallery,
    print_json,
    print_message,
    print_models,
    progress_bars,
)
from gallery_client.files import LocalFile

app = typer.Typer(
    help="Use an AI Image Gallery Manager.", no_args_is_help=True, add_completion=False
)
app.add_typer(jobs.app, name="jobs")

ImageIds = Annotated[list[str], typer.Argument(metavar="ID", help="Ids of images.")]


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
    with open_gallery(url, key) as gallery, progress_bars() as on_progress:
        result = gallery.upload(paths, on_progress=on_progress)
        if wait and result.job_id:
            jobs.wait_for(gallery, result, result.job_id, on_progress)
    for file in result.files:
        _print_file(file, as_json=as_json)
    known = sum(file.outcome in ("known", "duplicate") for file in result.files)
    print_message(
        f"{len(result.files)} files: {known} already in the gallery, "
        f"{len(result.failed)} failed. Job: {result.job_id or 'none'}"
    )
    raise typer.Exit(1 if result.failed else 0)


def _print_file(file: LocalFile, *, as_json: bool) -> None:
    if as_json:
        fields = ("outcome", "image_id", "status", "problem", "sha256")
        print_json({"file": str(file.path)} | {name: getattr(file, name) for name in fields})
    elif not file.is_ok:
        print_message(f"{file.path}: {file.problem or file.status}")


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
    with open_gallery(url, key) as gallery:
        images = list(gallery.search(query, limit=limit))
    table = Table(Column("id", no_wrap=True), "name", "status", "tags")
    for image in images:
        tags = ", ".join(f"{each.label} {each.score:.0%}" for each in image.predictions)
        table.add_row(image.id, image.name, image.status, tags)
    print_models(table, images, as_json=as_json)


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
    with open_gallery(url, key) as gallery:
        gallery.export(file, query=query)
    print_message(f"Exported to {file}.")


@app.command()
def delete(image_ids: ImageIds, *, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Move images to the trash."""
    with open_gallery(url, key) as gallery:
        print_message(f"{gallery.delete(image_ids).deleted} images moved to the trash.")


@app.command()
def restore(image_ids: ImageIds, *, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Restore images from the trash."""
    with open_gallery(url, key) as gallery:
        print_message(f"{gallery.restore(image_ids).restored} images restored.")


@app.command()
def retry(
    image_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Ids of images; default: all failed.")
    ] = None,
    *,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> None:
    """Classify failed images again."""
    with open_gallery(url, key) as gallery:
        print_message(f"{gallery.retry(image_ids or None).retried} images queued.")


@app.command()
def doctor(*, url: Url = DEFAULT_URL, key: Key = None) -> None:
    """Check the gallery, its workers and its model.

    Exits with status 1 if a check fails.
    """
    with open_gallery(url, key) as gallery:
        status = gallery.status()
        checks = {
            "gallery": (True, gallery.url),
            "workers": (status.workers.state == "ready", status.workers.detail),
            "model": (bool(status.model), status.model or "No model is loaded."),
        }
    for name, (is_ok, detail) in checks.items():
        print_message(f"{'ok' if is_ok else 'FAILED':6}  {name}: {detail}")
    raise typer.Exit(0 if all(is_ok for is_ok, _ in checks.values()) else 1)
