"""Routes of tags: suggestions for autocompletion."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth.scopes import requires
from api.dependencies import DatabaseDep, SnapshotCacheDep
from api.problems import problems
from api.search.parsing import SearchParserDep
from api.search.schemas import Tags
from api.serialization import Json, json_response
from core.search.ast import Words
from core.search.tag_index import complete_tags, custom_tags_named, matching_name
from core.vocabulary.tags import Tag
from core.vocabulary.words import split_words
from infra.database.queries.tallies import sum_tags

router = APIRouter(prefix="/tags", tags=["tags"])


@router.get("", operation_id="listTags", response_model=Tags, responses=problems(422, 503))
@requires("read")
async def list_tags(
    database: DatabaseDep,
    cache: SnapshotCacheDep,
    parser: SearchParserDep,
    q: Annotated[
        str,
        Query(
            max_length=100,
            description="Words of the tag; the last one may be incomplete. Empty: all tags.",
        ),
    ] = "",
    limit: Annotated[
        int, Query(ge=1, le=100, description="Maximum number of tags to return, 1 to 100.")
    ] = 20,
    *,
    unused: Annotated[
        bool, Query(description="True: also list tags without images, to add them to an image.")
    ] = False,
) -> Response:
    """List the tags of images outside the trash, most frequent first.

    Use it to complete search terms. Tags without images are omitted unless requested.
    """
    words = split_words(q)
    wanted = Words(words, prefix=True) if words else None
    async with database.connection() as conn:
        counts = await cache.get(conn, "tags", partial(sum_tags, conn))
    known = await parser.tags(None if unused else (tag for tag, _ in counts))
    if unused:
        counts = [*counts, *((tag, 0) for tag in sorted(known.keys() - dict(counts).keys()))]
    if wanted is not None:
        matching = complete_tags(wanted) | custom_tags_named(wanted, known)
        counts = [each for each in counts if each[0] in matching]
    return json_response(
        {"items": [_serialize_tag(known[tag], count, wanted) for tag, count in counts[:limit]]}
    )


def _serialize_tag(tag: Tag, count: int, wanted: Words | None) -> Json:
    named = wanted is not None and tag.kind != "custom"
    name = matching_name(tag.number, wanted) if wanted and named else tag.label
    return {
        "label": tag.label,
        "kind": tag.kind,
        "wnid": tag.wnid,
        "count": count,
        "synonym": None if name == tag.label else name,
    }
