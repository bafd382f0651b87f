"""Create, merge and import custom tags."""

import re
import unicodedata
from dataclasses import replace
from uuid import UUID

from psycopg import AsyncConnection
from pydantic import ValidationError

from api.custom_tags.schemas import CustomTagFile
from api.verdicts.service import decide_many, undo_operation
from core.custom_tags import TagClassifier
from core.errors import ConflictError, InvalidRequestError, NotFoundError
from core.ids import new_id
from infra.database.pool import Database
from infra.database.queries.custom_tags import (
    CustomTag,
    NewTag,
    delete_custom_tag,
    ensure_custom_tag,
    find_by_hash,
    find_custom_tag,
    import_classifier,
    list_tag_examples,
    read_custom_tag,
    restore_custom_tag,
)
from infra.database.queries.verdicts import Decision, Verdict

_MAX_SLUG = 60


def slug_of(name: str) -> str:
    """Return the slug of a name: its words in lower case, joined by hyphens.

    Raises:
        InvalidRequestError: The name contains no letter or digit.
    """
    text = unicodedata.normalize("NFKC", name).lower()
    slug = "-".join(re.findall(r"[^\W_]+", text))[:_MAX_SLUG].strip("-")
    if not slug:
        raise InvalidRequestError("The name of a custom tag needs a letter or a digit.")
    return slug


async def create_tag(conn: AsyncConnection, name: str, slug: str) -> CustomTag:
    """Create a custom tag.

    Raises:
        ConflictError: A tag with this slug exists.
    """
    if await find_custom_tag(conn, slug) is not None:
        raise ConflictError(f"There is a custom tag {slug} already.")
    await ensure_custom_tag(conn, NewTag(slug, name.strip()))
    return await read_custom_tag(conn, slug)


async def merge_tags(database: Database, slug: str, into: str, by: Decision) -> UUID:
    """Give the examples of a tag to another one and delete it; return the token for the undo.

    Examples with a verdict on the other tag keep it.

    Raises:
        NotFoundError: A tag does not exist.
        InvalidRequestError: Both are the same tag.
    """
    if slug == into:
        raise InvalidRequestError("A custom tag cannot be merged into itself.")
    async with database.connection() as conn:
        source, target = await read_custom_tag(conn, slug), await read_custom_tag(conn, into)
        examples = await list_tag_examples(conn, source.tag)
        known = {each.sha256 for each in await list_tag_examples(conn, target.tag)}
    new = [each for each in examples if each.sha256 not in known]
    verdicts: tuple[Verdict, ...] = ("confirmed", "rejected")
    for verdict in verdicts:
        ids = [each.id for each in new if each.id and each.verdict == verdict]
        await decide_many(database, ids, replace(by, tag=target.tag, verdict=verdict))
    async with database.connection() as conn:
        await delete_custom_tag(conn, source.tag, by.operation)
    return by.operation


async def undo_change(database: Database, token: UUID, by: Decision) -> None:
    """Undo a deletion or a merge of the last day.

    Raises:
        NotFoundError: The token is unknown, used or expired.
        ConflictError: Another tag has the name of the deleted one now.
    """
    async with database.connection() as conn:
        if not await restore_custom_tag(conn, token):
            raise NotFoundError("There is nothing to undo: the token is unknown, used or expired.")
    try:
        await undo_operation(database, token, by)
    except NotFoundError:
        return  # a deletion changes no verdicts


async def export_tag(conn: AsyncConnection, slug: str) -> CustomTagFile:
    """Return a custom tag with its classifier and its examples.

    Raises:
        NotFoundError: No custom tag has this slug.
    """
    tag = await read_custom_tag(conn, slug)
    examples = await list_tag_examples(conn, tag.tag)
    return CustomTagFile(
        slug=tag.slug,
        name=tag.name,
        version=tag.version,
        classifier=tag.classifier,
        confirmed=[each.sha256 for each in examples if each.verdict == "confirmed"],
        rejected=[each.sha256 for each in examples if each.verdict == "rejected"],
    )


async def import_tag(database: Database, file: CustomTagFile, by: Decision) -> CustomTag:
    """Create a custom tag from a file; its examples apply to the images that this gallery has.

    Raises:
        ConflictError: A tag with this slug exists.
        InvalidRequestError: The classifier is malformed.
    """
    classifier = _imported(file)
    async with database.connection() as conn:
        tag = await create_tag(conn, file.name, slug_of(file.slug))
        confirmed = await find_by_hash(conn, file.confirmed)
        rejected = await find_by_hash(conn, file.rejected)
        if classifier:
            await import_classifier(conn, tag.tag, classifier.to_json())
    named: tuple[tuple[Verdict, dict[str, UUID]], ...] = (
        ("confirmed", confirmed),
        ("rejected", rejected),
    )
    for verdict, ids in named:
        await decide_many(database, list(ids.values()), replace(by, tag=tag.tag, verdict=verdict))
    async with database.connection() as conn:
        return await read_custom_tag(conn, tag.slug)


def _imported(file: CustomTagFile) -> TagClassifier | None:
    if file.classifier is None:
        return None
    try:
        classifier = replace(TagClassifier.from_json(file.classifier), imported=True)
        classifier.check()
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise InvalidRequestError("The classifier of the custom tag is malformed.") from error
    return classifier


def no_decision(name: str | None) -> Decision:
    """Return a decision with a new operation and no tag yet."""
    return Decision(operation=new_id(), tag=0, verdict=None, by=name)
