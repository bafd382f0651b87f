"""Decide on tags of one image or of many, and undo decisions."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from psycopg import AsyncConnection

from core.errors import InvalidRequestError, NotFoundError
from core.vocabulary.tags import CUSTOM_PREFIX, tags_by_wnid
from infra.database.pool import Database
from infra.database.queries.custom_tags import NewTag, ensure_custom_tag, find_custom_tag
from infra.database.queries.images import Image, get_image, lock_image
from infra.database.queries.verdicts import Decision, Verdict, decide, list_undoable, undo

# Images per transaction: uploads of the same files wait for less than a second.
PART = 2_000
# Parts processed at a time; other connections of the pool remain free for requests.
CONNECTIONS = 2

_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_MAX_SLUG = 60

Item = TypeVar("Item")


async def resolve_tag(conn: AsyncConnection, key: str, verdict: Verdict | None) -> int:
    """Return the number of the tag with this key.

    Creates a custom tag that does not exist if the verdict confirms it.

    Raises:
        NotFoundError: No tag has this key.
        InvalidRequestError: The slug of a new custom tag is malformed.
    """
    slug = key.removeprefix(CUSTOM_PREFIX)
    if slug == key:
        number = tags_by_wnid().get(key)
    elif verdict == "confirmed":
        number = await ensure_custom_tag(conn, _new_tag(slug))
    else:
        number = await find_custom_tag(conn, slug)
    if number is None:
        raise NotFoundError(f"There is no tag {key}.")
    return number


def _new_tag(slug: str) -> NewTag:
    if len(slug) > _MAX_SLUG or slug != slug.lower() or not _SLUG.fullmatch(slug):
        raise InvalidRequestError(
            "The slug of a custom tag consists of lower-case letters and digits, separated by "
            f"single hyphens, with at most {_MAX_SLUG} characters."
        )
    return NewTag(slug, slug.replace("-", " "))


async def decide_one(
    database: Database,
    image_id: UUID,
    key: str,
    decision: Decision,
    check: Callable[[Image], None],
) -> Image:
    """Record a decision on one image and return the image as it is afterwards.

    Args:
        database: Connection pool.
        image_id: The image.
        key: Key of the tag; the number in `decision` is ignored.
        decision: The decision.
        check: Called with the image before the decision, under its lock; may raise.

    Raises:
        NotFoundError: No image has this id, or no tag this key.
        InvalidRequestError: The slug of a new custom tag is malformed.
    """
    async with database.connection() as conn, conn.transaction():
        check(await lock_image(conn, image_id))
        tag = await resolve_tag(conn, key, decision.verdict)
        await decide(conn, [image_id], replace(decision, tag=tag))
        return await get_image(conn, image_id)


@dataclass(frozen=True, slots=True)
class Change:
    """What an operation on many images changed."""

    images: int
    operation: UUID


async def decide_many(
    database: Database, ids: Sequence[UUID], decision: Decision, *, part: int = PART
) -> Change:
    """Record a decision for many images, one transaction per part.

    Images that have the verdict already are skipped, so that repeating an interrupted request
    completes it.
    """

    async def decide_part(conn: AsyncConnection, chosen: Sequence[UUID]) -> int:
        return await decide(conn, chosen, decision)

    changed = await _in_parts(database, ids, decide_part, part)
    return Change(changed, decision.operation)


async def _in_parts(
    database: Database,
    items: Sequence[Item],
    work: Callable[[AsyncConnection, Sequence[Item]], Awaitable[int]],
    part: int,
) -> int:
    """Process items in parts on a few connections; return the sum of the results."""
    starts = iter(range(0, len(items), part))

    async def process() -> int:
        done = 0
        for start in starts:
            async with database.connection() as conn:
                done += await work(conn, items[start : start + part])
        return done

    return sum(await asyncio.gather(*(process() for _ in range(CONNECTIONS))))


async def undo_operation(
    database: Database, operation: UUID, undone_by: Decision, *, part: int = PART
) -> Change:
    """Undo an operation of the last day, one transaction per part.

    Args:
        database: Connection pool.
        operation: Id of the operation to undo.
        undone_by: Id and author of the new operation.
        part: Number of decisions per transaction.

    Raises:
        NotFoundError: The operation is unknown, older than a day or already undone.
    """
    async with database.connection() as conn:
        entries = await list_undoable(conn, operation)
    if not entries:
        raise NotFoundError("There is nothing to undo: the token is unknown, used or expired.")

    async def undo_part(conn: AsyncConnection, chosen: Sequence[int]) -> int:
        return await undo(conn, chosen, operation=undone_by.operation, by=undone_by.by)

    changed = await _in_parts(database, entries, undo_part, part)
    return Change(changed, undone_by.operation)
