"""Routes of images: list and search, retrieve, download, delete and restore."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from api.auth.audit import AuditDep, ids_of
from api.auth.dependencies import Caller, client_of
from api.auth.scopes import requires
from api.body_size import ID_LIST_BYTES, accepts_body
from api.dependencies import DatabaseDep, StorageDep
from api.images import service as images_service
from api.images.original import DownloadSlotsDep, read_original
from api.images.responses import WITHOUT_READ, image_response
from api.images.schemas import Deleted, ImageIds, ImagePage, ImageRead, Restored, Selection, Similar
from api.images.serializer import serialize_facets, serialize_image
from api.pagination import read_cursor, read_match_cursor, read_score_cursor, write_cursor
from api.parameters import Cursor, ImageId, Limit, MinScore, SearchText, Skip
from api.problems import problems
from api.search.matches import MatchExplainer
from api.search.parsing import SearchParserDep
from api.search.planner import SearchPlannerDep
from api.serialization import json_response
from api.streaming import stream_file
from core.types import ImageStatus
from infra.database.queries import images
from infra.database.search import similar
from infra.database.search.compiler import Filter, has_matches
from infra.database.search.pages import PageRequest, Position, Sort
from infra.storage import thumbnail_key

router = APIRouter(prefix="/images", tags=["images"])

# Uploaded files are untrusted: browsers must neither guess another type nor run scripts.
_UNTRUSTED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CURSORS: dict[Sort, Callable[[str | None], tuple[datetime | float, UUID] | None]] = {
    "newest": read_cursor,
    "oldest": read_cursor,
    "confidence": read_score_cursor,
    "match": read_match_cursor,
}
# The bytes of an image never change, because its id belongs to their hash.
_IMMUTABLE = "private, max-age=31536000, immutable"


@router.get(
    "",
    operation_id="listImages",
    response_model=ImagePage,
    responses=problems(400, 422, 503),
)
@requires("read")
async def list_images(
    planner: SearchPlannerDep,
    parser: SearchParserDep,
    q: SearchText = "",
    min_score: MinScore = 0.0,
    status: ImageStatus | None = None,
    sort: Annotated[
        Sort,
        Query(
            description="`newest`, `oldest`: by time of upload. `confidence`: highest score of the "
            "best class first. `match`: best match with the search first; without search terms "
            "like `confidence`."
        ),
    ] = "newest",
    *,
    deleted: Annotated[bool, Query(description="True: list the trash instead.")] = False,
    facets: Annotated[
        int,
        Query(ge=0, le=100, description="Number of most frequent tags to count; 0 for none."),
    ] = 0,
    cursor: Cursor = None,
    skip: Skip = 0,
    limit: Limit = 50,
) -> Response:
    """List images, or search them by tag, name, status and time of upload."""
    query = await parser.parse(q, min_score)
    which = Filter(query=query, status=status, trash=deleted)
    if sort == "match" and not has_matches(query):
        sort = "confidence"
    after = _CURSORS[sort](cursor)
    request = PageRequest(sort=sort, after=after and Position(*after), skip=skip, limit=limit)
    result = await planner.run(which, request, facets=facets)
    explainer = MatchExplainer(query)
    page, size, ranking = result.page, result.estimate, result.ranking
    known = await parser.tags(tag for tag, _ in size.facets.counts)
    return json_response(
        {
            "items": [serialize_image(image, explainer.of(image)) for image in page.images],
            "total": size.total,
            "total_is_exact": size.is_exact,
            "next": page.next and write_cursor(page.next.key, page.next.id),
            "facets": serialize_facets(size.facets, known) if facets else None,
            "ranked": len(ranking.best) if ranking and ranking.end else None,
        }
    )


@router.get(
    "/{image_id}",
    operation_id="getImage",
    response_model=ImageRead,
    responses=problems(404, 422, 503),
)
@requires("read")
async def get_image(image_id: ImageId, database: DatabaseDep, caller: Caller) -> Response:
    """Retrieve an image with its predictions."""
    async with database.connection() as conn:
        image = await images.get_image(conn, image_id)
    return image_response(image, caller)


NEAR_DUPLICATE = 0.15
"""Cosine distance below which two images count as near duplicates.

Measured with `python -m tests.perf.service.copies`: copies of photographs at half the size or at a
JPEG quality of 20 are below it, quarters of the same photograph above 0.26, other photographs above
0.6.
"""


@router.get(
    "/{image_id}/similar",
    operation_id="listSimilar",
    response_model=Similar,
    responses=problems(404, 422, 501, 503),
)
@requires("read")
async def list_similar(
    image_id: ImageId,
    database: DatabaseDep,
    limit: Annotated[
        int, Query(ge=1, le=100, description="Maximum number of images to return, 1 to 100.")
    ] = 20,
) -> Response:
    """List the images that are most similar to this one.

    Returns 501 if the database lacks the extension pgvector.
    """
    async with database.connection() as conn:
        found = await similar.list_similar(conn, image_id, limit=limit)
    items = [
        {
            "image": serialize_image(each),
            "distance": each.distance,
            "near_duplicate": each.distance < NEAR_DUPLICATE,
        }
        for each in found
    ]
    return json_response({"items": items})


@router.get(
    "/{image_id}/original",
    operation_id="getOriginal",
    response_class=Response,
    responses=problems(404, 422, 503),
)
@requires("read")
async def get_original(
    image_id: ImageId,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    slots: DownloadSlotsDep,
) -> Response:
    """Download the original file. Returns 503 if too many downloads are in progress."""
    async with database.connection() as conn:
        image = await images.get_image_file(conn, image_id)
    headers = _UNTRUSTED | {
        "Content-Disposition": _disposition(image.name),
        "Content-Length": str(image.bytes),
        "Cache-Control": _IMMUTABLE,
    }
    blocks = read_original(storage, image, slots, client_of(request))
    return await stream_file(blocks, image.media_type, headers)


@router.get(
    "/{image_id}/thumbnail",
    operation_id="getThumbnail",
    response_class=Response,
    responses=problems(404, 422, 503)
    | {304: {"description": "The client already has the thumbnail."}},
)
@requires("read")
async def get_thumbnail(
    image_id: ImageId, request: Request, database: DatabaseDep, storage: StorageDep
) -> Response:
    """Download the thumbnail: an upright JPEG without metadata, at most 512 pixels per side.

    Returns 404 until the image has been classified.
    """
    async with database.connection() as conn:
        image = await images.get_image_file(conn, image_id)
    headers = _UNTRUSTED | {"Cache-Control": _IMMUTABLE, "ETag": f'"{image.sha256.hex()}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    data = await to_thread.run_sync(storage.get, thumbnail_key(image.sha256))
    return Response(data, media_type="image/jpeg", headers=headers)


@router.delete(
    "/{image_id}",
    operation_id="deleteImage",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(404, 422, 503),
)
@requires("manage")
async def delete_image(image_id: ImageId, database: DatabaseDep, audit: AuditDep) -> None:
    """Move an image to the trash."""
    async with database.connection() as conn:
        await images.get_image_file(conn, image_id)  # return 404 for an unknown image
        with audit.action("images.deleted", **ids_of([image_id])) as action:
            action.count = len(await images.trash_images(conn, Filter(ids=[image_id])))


@router.post(
    "/{image_id}/restore",
    operation_id="restoreImage",
    response_model=ImageRead,
    responses=problems(404, 422, 503) | WITHOUT_READ,
)
@requires("manage")
async def restore_image(
    image_id: ImageId, database: DatabaseDep, caller: Caller, audit: AuditDep
) -> Response:
    """Restore an image from the trash."""
    async with database.connection() as conn:
        with audit.action("images.restored", **ids_of([image_id])) as action:
            action.count = len(await images.restore_images(conn, [image_id]))
        return image_response(await images.get_image(conn, image_id), caller)


@router.post("/delete", operation_id="deleteImages", responses=problems(400, 422, 503))
@requires("manage")
@accepts_body(ID_LIST_BYTES)
async def delete_images(
    selection: Selection, database: DatabaseDep, parser: SearchParserDep, audit: AuditDep
) -> Deleted:
    """Move several images to the trash: by id, by search, or all.

    A search that matches every image is refused; `all: true` states that all are meant.
    """
    which = selection.filter(await parser.parse(selection.q or "", selection.min_score))
    ids: list[UUID] = []
    with audit.action("images.deleted", selection=selection.kind) as action:
        async for batch in images_service.delete_images(database, which):
            ids += batch
            action.count = len(ids)
    return Deleted(deleted=len(ids), ids=ids)


@router.post("/restore", operation_id="restoreImages", responses=problems(422, 503))
@requires("manage")
@accepts_body(ID_LIST_BYTES)
async def restore_images(which: ImageIds, database: DatabaseDep, audit: AuditDep) -> Restored:
    """Restore several images from the trash."""
    async with database.connection() as conn:
        with audit.action("images.restored", **ids_of(which.ids)) as action:
            action.count = len(await images.restore_images(conn, which.ids))
    return Restored(restored=action.count)


def _disposition(name: str) -> str:
    """Return the header Content-Disposition for a file name: RFC 6266 with an ASCII fallback."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
