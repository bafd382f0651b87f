"""Download to a file, complete or not at all."""

from pathlib import Path
from typing import Any

from gallery_client.flow import Caller, Flow
from gallery_client.operations import Parameter, Request, export_images


def export(caller: Caller, file: Path, file_format: str | None, **query: Parameter) -> Flow[Path]:
    """Export images to a file. The default format is the suffix of the file, or else CSV.

    Raises:
        GalleryError: The export failed.
    """
    chosen = file_format or file.suffix.lstrip(".") or "csv"
    return (yield from download(caller, export_images(chosen, **query), file))


def download(caller: Caller, request: Request[Any], file: Path) -> Flow[Path]:
    """Download to a temporary file beside `file`, then rename it."""
    partial = file.with_name(file.name + ".partial")
    try:
        yield from caller.call(request, target=partial)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return file
