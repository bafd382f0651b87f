"""Routes of verdicts: decide on tags, undo decisions, and list the history."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from api.auth.audit import Audit, AuditDep, ids_of
from api.auth.dependencies import Caller
from api.auth.scopes import requires
from api.body_size import ID_LIST_BYTES, accepts_body
from api.dependencies import DatabaseDep
from api.images.responses import WITHOUT_READ, image_response
from api.images.schemas import ImageRead
from api.images.serializer import check_unchanged
from api.parameters import ImageId
from api.problems import problems
from api.search.parsing import SearchParserDep
from api.serialization import json_response
from api.verdicts import service
from api.verdicts.schemas import Decided, History, TagKey, Undo, VerdictSelection, VerdictWrite
from core.ids import new_id
from infra.database.pool import Database
from infra.database.queries.images import find_images, get_image_file
from infra.database.queries.sessions import KeyHolder
from infra.database.queries.verdicts import Decision, Verdict, list_history
from infra.database.search.compiler import Filter

router = APIRouter(tags=["verdicts"])

IfMatch = Annotated[
    str | None,
    Header(
        description="`ETag` of the image on which the decision is based; returns 412 if the image "
        "has changed since then."
    ),
]
# Number that a service replaces, or does not need.
_NO_TAG = 0


def _decision(
    caller: KeyHolder | None, verdict: Verdict | None = None, *, sampled: bool = False
) -> Decision:
    by = caller.name if caller else None
    return Decision(operation=new_id(), tag=_NO_TAG, verdict=verdict, by=by, sampled=sampled)


@router.put(
    "/images/{image_id}/verdicts/{tag}",
    operation_id="decideTag",
    response_model=ImageRead,
    responses=problems(404, 412, 422, 503) | WITHOUT_READ,
)
@requires("review")
async def decide_tag(
    image_id: ImageId,
    tag: TagKey,
    body: VerdictWrite,
    database: DatabaseDep,
    caller: Caller,
    audit: AuditDep,
    if_match: IfMatch = None,
) -> Response:
    """Confirm or reject a tag of an image, or add a tag by confirming it.

    Confirming a tag also confirms the categories above it and withdraws rejections of them.
    Rejecting a tag removes all tags below it and withdraws their confirmations.
    """
    decision = _decision(caller, body.verdict, sampled=body.sampled)
    return await _decide(database, audit, image_id, tag, decision, if_match)


@router.delete(
    "/images/{image_id}/verdicts/{tag}",
    operation_id="withdrawVerdict",
    response_model=ImageRead,
    responses=problems(404, 412, 422, 503) | WITHOUT_READ,
)
@requires("review")
async def withdraw_verdict(
    image_id: ImageId,
    tag: TagKey,
    database: DatabaseDep,
    caller: Caller,
    audit: AuditDep,
    if_match: IfMatch = None,
) -> Response:
    """Withdraw the decision on a tag of an image. Without a decision nothing changes."""
    return await _decide(database, audit, image_id, tag, _decision(caller), if_match)


async def _decide(
    database: Database,
    audit: Audit,
    image_id: UUID,
    tag: str,
    decision: Decision,
    if_match: str | None,
) -> Response:
    facts = {"tag": tag, "verdict": decision.verdict} | ids_of([image_id])
    with audit.action("verdicts.set", **facts) as action:
        image = await service.decide_one(
            database, image_id, tag, decision, lambda before: check_unchanged(before, if_match)
        )
        action.count = 1
    response = image_response(image, audit.caller)
    response.headers["Undo-Token"] = str(decision.operation)
    return response


@router.get(
    "/images/{image_id}/verdicts",
    operation_id="listVerdicts",
    response_model=History,
    responses=problems(404, 422, 503),
)
@requires("read")
async def list_verdicts(
    image_id: ImageId,
    database: DatabaseDep,
    parser: SearchParserDep,
    limit: Annotated[
        int, Query(ge=1, le=500, description="Maximum number of decisions to return, 1 to 500.")
    ] = 100,
) -> Response:
    """List the decisions on an image, newest first."""
    async with database.connection() as conn:
        await get_image_file(conn, image_id)  # return 404 for an unknown image
        entries = await list_history(conn, image_id, limit=limit)
    known = await parser.tags(each.tag for each in entries)
    items = [
        {
            "tag": known[each.tag].wnid,
            "label": known[each.tag].label,
            "kind": known[each.tag].kind,
            "verdict": each.verdict,
            "by": each.by,
            "at": each.at,
            "model": each.model,
        }
        for each in entries
    ]
    return json_response({"items": items})


@router.post("/verdicts", operation_id="decideTags", responses=problems(400, 404, 422, 503))
@requires("review")
@accepts_body(ID_LIST_BYTES)
async def decide_tags(
    which: VerdictSelection,
    database: DatabaseDep,
    parser: SearchParserDep,
    caller: Caller,
    audit: AuditDep,
) -> Decided:
    """Confirm, reject or withdraw a tag for many images: by id, or all that a search finds.

    Images that have the verdict already are skipped, so that an interrupted request can be
    repeated.
    """
    query = await parser.parse(which.q or "", which.min_score)
    async with database.connection() as conn:
        tag = await service.resolve_tag(conn, which.tag, which.verdict)
        ids = await find_images(conn, Filter(query=query)) if which.ids is None else which.ids
    blank = _decision(caller, which.verdict)
    decision = Decision(operation=blank.operation, tag=tag, verdict=blank.verdict, by=blank.by)
    with audit.action("verdicts.set", tag=which.tag, verdict=which.verdict) as action:
        change = await service.decide_many(database, ids, decision)
        action.count = change.images
    return Decided(changed=change.images, undo=change.operation)


@router.post("/verdicts/undo", operation_id="undoVerdicts", responses=problems(404, 422, 503))
@requires("review")
async def undo_verdicts(
    which: Undo, database: DatabaseDep, caller: Caller, audit: AuditDep
) -> Decided:
    """Undo decisions of the last day. Tags decided again since then keep the newer decision.

    The response contains a token that undoes the undoing.
    """
    with audit.action("verdicts.undone", operation=str(which.undo)) as action:
        change = await service.undo_operation(database, which.undo, _decision(caller))
        action.count = change.images
    return Decided(changed=change.images, undo=change.operation)
