"""Routes of exports: search results or chosen images as a file."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Protocol, get_args
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query
from psycopg import AsyncConnection

from api.dependencies import MinScore, SearchText, Service, ServiceDep
from api.exports import manifest as with_manifest
from api.exports import originals
from api.exports.jsonl import JsonLines
from api.exports.response import GuardedStreamingResponse
from api.exports.schemas import Chosen
from api.problems import problems
from core.errors import BusyError
from core.search.parser import parse_search
from core.types import ImageStatus
from infra.database.queries.images import Image
from infra.database.search.compiler import Filter
from infra.database.search.export import consistent_snapshot, copy_csv, list_models, read_images
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

router = APIRouter(prefix="/export", tags=["export"])

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
_FILE = {"schema": {"type": "string", "format": "binary"}}

# Limits concurrent exports, since each holds a database connection until it ends. A semaphore and
# not a CapacityLimiter, because different tasks start and end a response.
_exporting = asyncio.Semaphore(3)
# Maximum time that a request waits for a slot. Short exports end within it.
SLOT_SECONDS = 5.0

# Maximum size of one message: a client at the minimum rate receives it before the stall timeout.
_PIECE = 256 << 10

_BOM = b"\xef\xbb\xbf"

# Name of the file inside an archive with a manifest; downloads also carry the time.
_FILE_NAME = "gallery"


class Writer(Protocol):
    """Converts batches of images to the bytes of a file."""

    media_type: str
    ending: str

    def write(self, images: list[Image], /) -> bytes: ...

    def finish(self) -> bytes: ...


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


_RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": dict.fromkeys(MEDIA_TYPES, _FILE)}}

FormatWanted = Annotated[
    Format, Query(description="File format. `zip` contains the original files.")
]
Bom = Annotated[
    bool, Query(description="CSV only: start with a UTF-8 byte order mark, which Excel requires.")
]
Manifest = Annotated[
    bool, Query(description="True: return a zip of the file and `manifest.json` with its SHA-256.")
]


@router.get(
    "",
    operation_id="exportImages",
    response_class=GuardedStreamingResponse,
    responses=problems(400, 422, 503) | _RESPONSES,
)
async def export_images(
    service: ServiceDep,
    format: FormatWanted = "csv",  # noqa: A002 (the contract's name)
    q: SearchText = "",
    min_score: MinScore = 0.0,
    status: ImageStatus | None = None,
    ids: Annotated[
        list[UUID] | None,
        Query(max_length=1000, description="Export only these images, at most 1,000."),
    ] = None,
    *,
    bom: Bom = False,
    manifest: Manifest = False,
) -> GuardedStreamingResponse:
    """Export the images that a search finds, newest first.

    Returns 503 if too many exports are in progress. A download that ends early is incomplete.
    """
    which = Filter(query=parse_search(q, min_score), status=status, ids=ids)
    export = Export(service, which, format, bom=bom)
    if not manifest:
        return await _send(export, None)
    asked = {"query": q, "min_score": min_score, "status": status}
    return await _send(export, asked if ids is None else asked | _describe_ids(ids))


@router.post(
    "",
    operation_id="exportChosen",
    response_class=GuardedStreamingResponse,
    responses=problems(422, 503) | _RESPONSES,
)
async def export_chosen(
    service: ServiceDep,
    chosen: Chosen,
    format: FormatWanted = "csv",  # noqa: A002 (the contract's name)
    *,
    bom: Bom = False,
    manifest: Manifest = False,
) -> GuardedStreamingResponse:
    """Export images by id, newest first. Unknown ids are ignored."""
    export = Export(service, Filter(ids=chosen.ids), format, bom=bom)
    asked = await to_thread.run_sync(_describe_ids, chosen.ids) if manifest else None
    return await _send(export, asked)


def _describe_ids(ids: list[UUID]) -> dict[str, object]:
    """Return number and hash of distinct ids; the hash equals `sort -u ids.txt | sha256sum`."""
    lines = sorted({f"{each}\n" for each in ids})
    return {"ids": len(lines), "ids_sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}


async def _send(export: "Export", asked: dict[str, object] | None) -> GuardedStreamingResponse:
    """Start the response; with a manifest if `asked` contains its fields."""
    blocks, ending, media_type = export.blocks(), export.ending, export.media_type
    if asked is not None:
        blocks = export.with_manifest(asked)
        ending, media_type = "zip", with_manifest.MEDIA_TYPE
    first = await anext(blocks)  # errors up to here become a problem response
    name = f"{_FILE_NAME}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{ending}"
    return GuardedStreamingResponse(
        _chain(first, blocks),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@asynccontextmanager
async def _wait_for_slot() -> AsyncIterator[None]:
    """Wait up to `SLOT_SECONDS` for an export slot and hold it.

    Raises:
        BusyError: All slots are in use.
    """
    try:
        async with asyncio.timeout(SLOT_SECONDS):
            await _exporting.acquire()
    except TimeoutError as error:
        raise BusyError("Too many exports in progress; retry in a few seconds.") from error
    try:
        yield
    finally:
        _exporting.release()


class Export:
    """One export in progress. `rows` is final after the last block."""

    def __init__(self, service: Service, which: Filter, format_: Format, *, bom: bool) -> None:
        self.rows = 0
        self.ending = format_
        self.media_type = "application/zip"
        self._service = service
        self._which = which
        self._bom = bom
        self._models: set[str] | None = None  # a set if the manifest needs it
        self._writer: Writer | None = None
        if format_ == "csv":
            self.media_type = "text/csv; charset=utf-8; header=present"
        elif format_ in _WRITERS:
            self._writer = _WRITERS[format_]()
            self.media_type = self._writer.media_type

    async def blocks(self) -> AsyncIterator[bytes]:
        """Yield the blocks of the file. An error aborts the response, so that it has no end."""
        async with _wait_for_slot():
            async for block in self._csv() if self.ending == "csv" else self._written():
                yield block

    async def with_manifest(self, asked: dict[str, object]) -> AsyncIterator[bytes]:
        """Yield the blocks of a zip with the file and its manifest."""
        self._models = models = set[str]()
        name = f"{_FILE_NAME}.{self.ending}"
        facts = lambda: asked | {"models": sorted(models), "rows": self.rows}  # noqa: E731
        async for block in with_manifest.pack(self.blocks(), name, facts):
            yield block

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[AsyncConnection]:
        # No timeout: an export takes as long as its client needs. Different tasks start and end it,
        # which `asyncio.timeout` does not support.
        async with (
            self._service.database.connection(seconds=None) as conn,
            consistent_snapshot(conn),
        ):
            yield conn

    async def _csv(self) -> AsyncIterator[bytes]:
        mark = _BOM if self._bom else b""
        self.rows = -1  # excludes the header; names contain no line breaks
        async with self._open() as conn:
            async for block in copy_csv(conn, self._which):
                self.rows += block.count(b"\n")
                yield mark + block
                mark = b""
            if self._models is not None:
                self._models.update(await list_models(conn, self._which))

    async def _written(self) -> AsyncIterator[bytes]:
        async with self._open() as conn:
            batches = self._counted(read_images(conn, self._which))
            if self._writer is None:
                async for block in originals.zip_originals(batches, self._service.objects):
                    yield block
                return
            async for batch in batches:
                yield await to_thread.run_sync(self._writer.write, batch)
            yield await to_thread.run_sync(self._writer.finish)

    async def _counted(self, batches: AsyncIterator[list[Image]]) -> AsyncIterator[list[Image]]:
        async for batch in batches:
            self.rows += len(batch)
            if self._models is not None:
                self._models |= {
                    each.model for each in batch if each.model and each.status == "done"
                }
            yield batch


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for piece in _cut(first):
        yield piece
    async for block in rest:
        for piece in _cut(block):
            yield piece


def _cut(block: bytes) -> Iterator[bytes]:
    return (block[start : start + _PIECE] for start in range(0, len(block), _PIECE))
