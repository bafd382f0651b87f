"""Routes of exports: search results or chosen images as a file."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from api.auth.audit import Audit, AuditDep
from api.auth.dependencies import client_of
from api.auth.scopes import requires
from api.body_size import ID_LIST_BYTES, accepts_body
from api.exports import manifest as manifests
from api.exports.formats import MEDIA_TYPES, Format
from api.exports.schemas import Chosen
from api.exports.service import FILE_NAME, Export, ExportsDep, describe_ids
from api.parameters import MinScore, SearchText
from api.problems import problems
from api.search.parsing import SearchParserDep
from api.streaming import stream_file
from core.types import ImageStatus
from infra.database.queries.audit import AuditOutcome
from infra.database.search.compiler import Filter

router = APIRouter(prefix="/export", tags=["export"])

_FILE = {"schema": {"type": "string", "format": "binary"}}
_RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": dict.fromkeys(MEDIA_TYPES, _FILE)}}

FormatWanted = Annotated[
    Format, Query(description="File format. `zip` contains the original files.")
]
Bom = Annotated[
    bool,
    Query(
        description="CSV only: start with a UTF-8 byte order mark, by which Excel detects UTF-8."
    ),
]
Manifest = Annotated[
    bool, Query(description="True: return a zip of the file and `manifest.json` with its SHA-256.")
]


@router.get(
    "",
    operation_id="exportImages",
    response_class=StreamingResponse,
    responses=problems(400, 422, 503) | _RESPONSES,
)
@requires("read")
async def export_images(
    request: Request,
    exports: ExportsDep,
    parser: SearchParserDep,
    audit: AuditDep,
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
) -> StreamingResponse:
    """Export the images that a search finds, newest first.

    Returns 503 if too many exports are in progress. A download that ends early is incomplete.
    """
    which = Filter(query=await parser.parse(q, min_score), status=status, ids=ids)
    export = Export(exports, which, format, bom=bom, client=client_of(request))
    if not manifest:
        return await _stream(export, audit, None)
    selection = {"query": q, "min_score": min_score, "status": status}
    selection = selection if ids is None else selection | describe_ids(ids)
    return await _stream(export, audit, selection)


@router.post(
    "",
    operation_id="exportChosen",
    response_class=StreamingResponse,
    responses=problems(422, 503) | _RESPONSES,
)
@requires("read")
@accepts_body(ID_LIST_BYTES)
async def export_chosen(
    request: Request,
    exports: ExportsDep,
    chosen: Chosen,
    audit: AuditDep,
    format: FormatWanted = "csv",  # noqa: A002 (the contract's name)
    *,
    bom: Bom = False,
    manifest: Manifest = False,
) -> StreamingResponse:
    """Export images by id, newest first. Unknown ids are ignored."""
    which = Filter(ids=chosen.ids)
    export = Export(exports, which, format, bom=bom, client=client_of(request))
    selection = await to_thread.run_sync(describe_ids, chosen.ids) if manifest else None
    return await _stream(export, audit, selection)


async def _stream(
    export: Export, audit: Audit, selection: dict[str, object] | None
) -> StreamingResponse:
    """Start the response; with a manifest if `selection` contains its fields."""
    if selection is None:
        blocks, extension, media_type = export.blocks(), str(export.extension), export.media_type
    else:
        blocks = export.with_manifest(selection)
        extension, media_type = "zip", manifests.MEDIA_TYPE
    blocks = _audited(blocks, export, audit)
    name = f"{FILE_NAME}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{extension}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return await stream_file(blocks, media_type, headers)


async def _audited(
    blocks: AsyncIterator[bytes], export: Export, audit: Audit
) -> AsyncIterator[bytes]:
    """Record the export when its last block was sent, or as failed when it ends earlier."""
    outcome: AuditOutcome = "failed"
    try:
        async for block in blocks:
            yield block
        outcome = "done"
    finally:
        rows = max(export.rows, 0)
        audit.record("images.exported", outcome=outcome, count=rows, format=export.extension)
