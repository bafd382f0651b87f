"""File formats of exports, with one strategy for each kind of format."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from anyio import to_thread
from psycopg import AsyncConnection

from api.exports import originals
from api.exports.jsonl import JsonLines
from infra.database.queries.images import Image
from infra.database.search.compiler import Filter
from infra.database.search.export import copy_csv, list_models, read_images
from infra.storage import ObjectStore

Format = Literal["csv", "jsonl", "parquet", "xlsx", "zip"]
FORMATS: tuple[Format, ...] = get_args(Format)

# Media types for the OpenAPI document. Reading them from the writers would import pandas at start.
MEDIA_TYPES = (
    "text/csv",
    "application/jsonl",
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/zip",
)

_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class ExportStats:
    """Facts about an export for its manifest; final after the last block.

    Attributes:
        rows: Number of exported images.
        models: Models of the exported predictions; None if they are not required.
    """

    rows: int = 0
    models: set[str] | None = None


class FormatStrategy(Protocol):
    """Writes one export in a format."""

    media_type: str

    def blocks(
        self, conn: AsyncConnection, which: Filter, stats: ExportStats
    ) -> AsyncIterator[bytes]:
        """Yield the blocks of the file and update `stats`."""
        ...


class Writer(Protocol):
    """Converts batches of images to the bytes of a file."""

    media_type: str

    def write(self, images: list[Image], /) -> bytes:
        """Return the bytes that a batch of images adds to the file."""
        ...

    def finish(self) -> bytes:
        """Return the remaining bytes; no image follows."""
        ...


class CsvStrategy:
    """CSV, written by Postgres."""

    media_type = "text/csv; charset=utf-8; header=present"

    def __init__(self, *, bom: bool) -> None:
        self._bom = bom

    async def blocks(
        self, conn: AsyncConnection, which: Filter, stats: ExportStats
    ) -> AsyncIterator[bytes]:
        mark = _BOM if self._bom else b""
        stats.rows = -1  # excludes the header; names contain no line breaks
        async for block in copy_csv(conn, which):
            stats.rows += block.count(b"\n")
            yield mark + block
            mark = b""
        if stats.models is not None:
            stats.models.update(await list_models(conn, which))


class WriterStrategy:
    """Format with a writer that converts images in a thread."""

    def __init__(self, writer: Writer) -> None:
        self.media_type = writer.media_type
        self._writer = writer

    async def blocks(
        self, conn: AsyncConnection, which: Filter, stats: ExportStats
    ) -> AsyncIterator[bytes]:
        async for batch in _read_batches(conn, which, stats):
            yield await to_thread.run_sync(self._writer.write, batch)
        yield await to_thread.run_sync(self._writer.finish)


class OriginalsStrategy:
    """Zip of the original files."""

    media_type = originals.MEDIA_TYPE

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def blocks(
        self, conn: AsyncConnection, which: Filter, stats: ExportStats
    ) -> AsyncIterator[bytes]:
        batches = _read_batches(conn, which, stats)
        async for block in originals.zip_originals(batches, self._objects):
            yield block


async def _read_batches(
    conn: AsyncConnection, which: Filter, stats: ExportStats
) -> AsyncIterator[list[Image]]:
    async for batch in read_images(conn, which):
        stats.rows += len(batch)
        if stats.models is not None:
            stats.models |= {each.model for each in batch if each.model and each.status == "done"}
        yield batch


def _parquet() -> Writer:
    from api.exports.parquet import Parquet  # noqa: PLC0415 (importing pandas takes 0.5 s)

    return Parquet()


def _xlsx() -> Writer:
    from api.exports.xlsx import Xlsx  # noqa: PLC0415 (imported on demand like Parquet)

    return Xlsx()


_WRITERS: dict[Format, Callable[[], Writer]] = {
    "jsonl": JsonLines,
    "parquet": _parquet,
    "xlsx": _xlsx,
}


def choose_strategy(format_: Format, objects: ObjectStore, *, bom: bool) -> FormatStrategy:
    """Return a new strategy for one export.

    Args:
        format_: Requested format.
        objects: Object storage, for the original files.
        bom: Whether a CSV file starts with a UTF-8 byte order mark.
    """
    if format_ == "csv":
        return CsvStrategy(bom=bom)
    if format_ == "zip":
        return OriginalsStrategy(objects)
    return WriterStrategy(_WRITERS[format_]())
