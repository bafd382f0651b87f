"""Routes of custom tags."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.auth.dependencies import Caller
from api.auth.scopes import requires
from api.body_size import ID_LIST_BYTES, accepts_body
from api.custom_tags import service
from api.custom_tags.schemas import (
    CustomTagChanged,
    CustomTagFile,
    CustomTagList,
    CustomTagMerge,
    CustomTagPatch,
    CustomTagRead,
    CustomTagUndo,
    CustomTagWrite,
    Slug,
    Suggestions,
)
from api.custom_tags.serializer import serialize_custom_tag
from api.dependencies import DatabaseDep
from api.images.serializer import serialize_image
from api.problems import problems
from api.serialization import json_response
from core.ids import new_id
from infra.database.queries.custom_tags import (
    change_custom_tag,
    delete_custom_tag,
    list_suggestions,
    list_tag_examples,
    read_custom_tag,
    read_custom_tags,
)
from infra.database.queries.sessions import KeyHolder

router = APIRouter(prefix="/custom-tags", tags=["custom tags"])


def _name(caller: KeyHolder | None) -> str | None:
    return caller.name if caller else None


@router.post(
    "",
    operation_id="createCustomTag",
    status_code=201,
    response_model=CustomTagRead,
    responses=problems(409, 422, 503),
)
@requires("review")
async def create_custom_tag(body: CustomTagWrite, database: DatabaseDep) -> Response:
    """Create a custom tag. Confirm it on at least three images to train it."""
    async with database.connection() as conn:
        tag = await service.create_tag(conn, body.name, service.slug_of(body.name))
    response = json_response(serialize_custom_tag(tag))
    response.status_code = 201
    return response


@router.get(
    "", operation_id="listCustomTags", response_model=CustomTagList, responses=problems(503)
)
@requires("read")
async def list_custom_tags(database: DatabaseDep) -> Response:
    """List the custom tags by name. Hints are only part of a single tag."""
    async with database.connection() as conn:
        tags = await read_custom_tags(conn)
    return json_response({"items": [serialize_custom_tag(tag) for tag in tags]})


@router.post(
    "/undo", operation_id="undoCustomTag", status_code=204, responses=problems(404, 409, 422, 503)
)
@requires("review")
async def undo_custom_tag(body: CustomTagUndo, database: DatabaseDep, caller: Caller) -> None:
    """Undo a deletion or a merge of the last day."""
    await service.undo_change(database, body.undo, service.no_decision(_name(caller)))


@router.post(
    "/import",
    operation_id="importCustomTag",
    status_code=201,
    response_model=CustomTagRead,
    responses=problems(409, 422, 503),
)
@requires("review")
@accepts_body(ID_LIST_BYTES)
async def import_custom_tag(body: CustomTagFile, database: DatabaseDep, caller: Caller) -> Response:
    """Create a custom tag from an exported file.

    Its verdicts apply to the images that this gallery has. Its classifier is used if it belongs to
    the same model, until this gallery has three confirmed images.
    """
    tag = await service.import_tag(database, body, service.no_decision(_name(caller)))
    response = json_response(serialize_custom_tag(tag))
    response.status_code = 201
    return response


@router.get(
    "/{slug}",
    operation_id="getCustomTag",
    response_model=CustomTagRead,
    responses=problems(404, 422, 503),
)
@requires("read")
async def get_custom_tag(slug: Slug, database: DatabaseDep) -> Response:
    """Return a custom tag with hints about its examples."""
    async with database.connection() as conn:
        tag = await read_custom_tag(conn, slug)
        examples = await list_tag_examples(conn, tag.tag)
    return json_response(serialize_custom_tag(tag, examples))


@router.patch(
    "/{slug}",
    operation_id="changeCustomTag",
    response_model=CustomTagRead,
    responses=problems(404, 422, 503),
)
@requires("review")
async def patch_custom_tag(slug: Slug, body: CustomTagPatch, database: DatabaseDep) -> Response:
    """Rename a custom tag, set its threshold, or stop it from tagging images by itself.

    The slug stays. Images change within seconds.
    """
    async with database.connection() as conn:
        tag = await read_custom_tag(conn, slug)
        await change_custom_tag(conn, tag.tag, body.model_dump(exclude_unset=True))
        changed = await read_custom_tag(conn, slug)
    return json_response(serialize_custom_tag(changed))


@router.delete("/{slug}", operation_id="deleteCustomTag", responses=problems(404, 422, 503))
@requires("review")
async def remove_custom_tag(slug: Slug, database: DatabaseDep) -> CustomTagChanged:
    """Delete a custom tag. Images lose it within seconds; it can be restored for a day."""
    token = new_id()
    async with database.connection() as conn:
        tag = await read_custom_tag(conn, slug)
        await delete_custom_tag(conn, tag.tag, token)
    return CustomTagChanged(undo=token)


@router.post("/{slug}/merge", operation_id="mergeCustomTag", responses=problems(404, 422, 503))
@requires("review")
async def merge_custom_tag(
    slug: Slug, body: CustomTagMerge, database: DatabaseDep, caller: Caller
) -> CustomTagChanged:
    """Give the examples of this tag to another one and delete this tag."""
    decision = service.no_decision(_name(caller))
    return CustomTagChanged(undo=await service.merge_tags(database, slug, body.into, decision))


@router.get("/{slug}/export", operation_id="exportCustomTag", responses=problems(404, 422, 503))
@requires("read")
async def export_custom_tag(slug: Slug, database: DatabaseDep) -> CustomTagFile:
    """Return a custom tag as a file: weights, examples by SHA-256, model and version."""
    async with database.connection() as conn:
        return await service.export_tag(conn, slug)


@router.get(
    "/{slug}/suggestions",
    operation_id="suggestImages",
    response_model=Suggestions,
    responses=problems(404, 422, 503),
)
@requires("read")
async def suggest_images(
    slug: Slug,
    database: DatabaseDep,
    order: Annotated[
        Literal["likely", "doubt"],
        Query(description="`likely`: the highest scores; `doubt`: those near the threshold."),
    ] = "likely",
    limit: Annotated[int, Query(ge=1, le=100, description="Maximum number of images.")] = 20,
) -> Response:
    """List images without a verdict on the tag, most worthwhile first. Empty before a training."""
    async with database.connection() as conn:
        tag = await read_custom_tag(conn, slug)
        threshold = tag.cutoff
        if threshold is None and tag.classifier:
            threshold = float(tag.classifier["threshold"])
        near = threshold if order == "doubt" else None
        found = await list_suggestions(conn, tag.tag, near=near, limit=limit)
    reason = "Looks like the examples" if order == "likely" else "Near the threshold"
    items = [
        {
            **serialize_image(each),
            "reason": f"{reason} ({each.score:.0%}).",
            "suggested_score": each.score,
        }
        for each in found
    ]
    return json_response({"items": items, "next": None})
