"""Custom tags: tags that users defined."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg.rows import args_row, class_row, scalar_row
from psycopg.types.json import Jsonb

from core.errors import ConflictError, NotFoundError
from core.vocabulary.tags import Tag, custom_tag
from infra.database.queries.images import IMAGE_COLUMNS, Image

LIST_CUSTOM_TAGS = """
    SELECT tag, slug, name FROM custom_tags WHERE deleted_at IS NULL ORDER BY tag
"""


async def list_custom_tags(conn: AsyncConnection) -> dict[int, Tag]:
    """Return all custom tags by number."""
    cur = await conn.execute(LIST_CUSTOM_TAGS)
    return {number: custom_tag(number, slug, name) for number, slug, name in await cur.fetchall()}


FIND_CUSTOM_TAG = "SELECT tag FROM custom_tags WHERE slug = %(slug)s"


async def find_custom_tag(conn: AsyncConnection, slug: str) -> int | None:
    """Return the number of a custom tag, or None if no tag has this slug."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(FIND_CUSTOM_TAG, {"slug": slug})
        return await cur.fetchone()


@dataclass(frozen=True, slots=True)
class NewTag:
    """Slug and display name of a custom tag."""

    slug: str
    name: str


# The insert takes the next number only if the tag does not exist: numbers are scarce.
CREATE_CUSTOM_TAG = """
    INSERT INTO custom_tags (slug, name)
    SELECT %(slug)s, %(name)s
     WHERE NOT EXISTS (SELECT FROM custom_tags WHERE slug = %(slug)s)
        ON CONFLICT (slug) DO NOTHING
"""


async def ensure_custom_tag(conn: AsyncConnection, new: NewTag) -> int:
    """Return the number of the custom tag with this slug; create it if it does not exist."""
    await conn.execute(CREATE_CUSTOM_TAG, {"slug": new.slug, "name": new.name})
    number = await find_custom_tag(conn, new.slug)
    assert number is not None
    return number


@dataclass(frozen=True, slots=True)
class CustomTag:
    """A custom tag with its settings and the classifier in effect."""

    tag: int
    slug: str
    name: str
    created_at: datetime
    suggest_only: bool
    chosen_threshold: float | None
    cutoff: float | None
    version: int
    is_updating: bool
    classifier: dict[str, Any] | None
    positives: int
    negatives: int
    images: int


_COLUMNS: LiteralString = """
    SELECT t.tag, t.slug, t.name, t.created_at, t.suggest_only, t.chosen_threshold, t.cutoff,
           t.version, t.revision > t.version AS is_updating, t.classifier, v.positives, v.negatives,
           (SELECT count(*)
              FROM images
             WHERE tags @> ARRAY[t.tag]
               AND status = 'done'
               AND deleted_at IS NULL) AS images
      FROM custom_tags AS t
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE verdict = 'confirmed') AS positives,
                  count(*) FILTER (WHERE verdict = 'rejected') AS negatives
             FROM verdicts
            WHERE tag = t.tag AND tag >= 10000 AND verdict IS NOT NULL) AS v
     WHERE t.deleted_at IS NULL
"""

READ_CUSTOM_TAGS: LiteralString = f"{_COLUMNS} ORDER BY lower(t.name), t.tag"
READ_CUSTOM_TAG: LiteralString = f"{_COLUMNS} AND t.slug = %(slug)s"


async def read_custom_tags(conn: AsyncConnection) -> list[CustomTag]:
    """Return all custom tags by name."""
    async with conn.cursor(row_factory=class_row(CustomTag)) as cur:
        await cur.execute(READ_CUSTOM_TAGS)
        return await cur.fetchall()


async def read_custom_tag(conn: AsyncConnection, slug: str) -> CustomTag:
    """Return a custom tag.

    Raises:
        NotFoundError: No custom tag has this slug.
    """
    async with conn.cursor(row_factory=class_row(CustomTag)) as cur:
        await cur.execute(READ_CUSTOM_TAG, {"slug": slug})
        found = await cur.fetchone()
    if found is None:
        raise NotFoundError(f"There is no custom tag {slug}.")
    return found


# Each change of a setting is a new revision, which a worker puts into effect.
CHANGE = """
    UPDATE custom_tags
       SET name = coalesce(%(name)s, name),
           chosen_threshold = CASE WHEN %(sets_threshold)s THEN %(threshold)s::real
                                   ELSE chosen_threshold END,
           suggest_only = coalesce(%(suggest_only)s, suggest_only),
           revision = revision + 1,
           changed_at = now()
     WHERE tag = %(tag)s
"""


async def change_custom_tag(conn: AsyncConnection, tag: int, settings: dict[str, Any]) -> None:
    """Change those of `name`, `threshold` and `suggest_only` that the settings contain."""
    given = {"name": None, "threshold": None, "suggest_only": None, **settings}
    await conn.execute(CHANGE, {**given, "tag": tag, "sets_threshold": "threshold" in settings})


# The slug becomes free for another tag.
DELETE_CUSTOM_TAG = """
    UPDATE custom_tags
       SET deleted_at = now(), deletion = %(token)s, slug = slug || '~' || tag,
           revision = revision + 1, changed_at = now()
     WHERE tag = %(tag)s
       AND deleted_at IS NULL
"""

RESTORE_CUSTOM_TAG = """
    UPDATE custom_tags
       SET deleted_at = NULL, deletion = NULL, slug = split_part(slug, '~', 1),
           revision = revision + 1, changed_at = now()
     WHERE deletion = %(token)s
       AND deleted_at > now() - interval '1 day'
"""


async def delete_custom_tag(conn: AsyncConnection, tag: int, token: UUID) -> None:
    """Delete a custom tag; its examples remain for the undo."""
    await conn.execute(DELETE_CUSTOM_TAG, {"tag": tag, "token": token})


async def restore_custom_tag(conn: AsyncConnection, token: UUID) -> bool:
    """Undo a deletion of the last day; return whether there was one.

    Raises:
        ConflictError: Another tag has the slug now.
    """
    try:
        return (await conn.execute(RESTORE_CUSTOM_TAG, {"token": token})).rowcount == 1
    except UniqueViolation as error:
        raise ConflictError("Another custom tag has this name now; delete it first.") from error


LIST_EXAMPLES = """
    SELECT v.verdict, encode(v.sha256, 'hex') AS sha256, i.id
      FROM verdicts AS v
      LEFT JOIN images AS i ON i.sha256 = v.sha256
     WHERE v.tag = %(tag)s
       AND v.tag >= 10000
       AND v.verdict IS NOT NULL
     ORDER BY v.sha256
"""


@dataclass(frozen=True, slots=True)
class TagExample:
    """A verdict on a custom tag: SHA-256 in hexadecimal, and the image unless it was purged."""

    verdict: str
    sha256: str
    id: UUID | None


async def list_tag_examples(conn: AsyncConnection, tag: int) -> list[TagExample]:
    """Return the examples of a custom tag."""
    async with conn.cursor(row_factory=class_row(TagExample)) as cur:
        await cur.execute(LIST_EXAMPLES, {"tag": tag})
        return await cur.fetchall()


FIND_BY_HASH = """
    SELECT encode(sha256, 'hex'), id
      FROM images
     WHERE sha256 IN (SELECT decode(h, 'hex') FROM unnest(%(hashes)s::text[]) AS h)
"""


async def find_by_hash(conn: AsyncConnection, hashes: Sequence[str]) -> dict[str, UUID]:
    """Return the images with these SHA-256 values, by hexadecimal SHA-256."""
    cur = await conn.execute(FIND_BY_HASH, {"hashes": list(hashes)})
    return dict(await cur.fetchall())


IMPORT_CLASSIFIER = """
    UPDATE custom_tags
       SET classifier = %(classifier)s, revision = revision + 1, changed_at = now()
     WHERE tag = %(tag)s
"""


async def import_classifier(conn: AsyncConnection, tag: int, classifier: dict[str, Any]) -> None:
    """Store a classifier of another gallery; used until there are examples enough here."""
    await conn.execute(IMPORT_CLASSIFIER, {"tag": tag, "classifier": Jsonb(classifier)})


# Doubtful: nearest to the threshold.
LIST_SUGGESTIONS: LiteralString = f"""
    SELECT {IMAGE_COLUMNS}, s.score
      FROM custom_tag_scores AS s
      JOIN custom_tags AS t ON t.tag = s.tag AND t.version = s.version
      JOIN images AS i ON i.id = s.image_id
     WHERE t.tag = %(tag)s
       AND i.status = 'done'
       AND i.deleted_at IS NULL
       AND NOT EXISTS (SELECT FROM verdicts AS v
                        WHERE v.sha256 = i.sha256
                          AND v.tag = s.tag
                          AND v.verdict IS NOT NULL)
     ORDER BY CASE WHEN %(threshold)s::real IS NULL THEN -s.score
                   ELSE abs(s.score - %(threshold)s::real) END, s.image_id
     LIMIT %(limit)s
"""


@dataclass(slots=True)
class Suggestion(Image):
    """An undecided image with the score of a custom tag."""

    score: float


async def list_suggestions(
    conn: AsyncConnection, tag: int, *, near: float | None, limit: int
) -> list[Suggestion]:
    """Return undecided images: the best ones, or those with a score near a threshold."""
    async with conn.cursor(row_factory=args_row(Suggestion.read), binary=True) as cur:
        await cur.execute(LIST_SUGGESTIONS, {"tag": tag, "threshold": near, "limit": limit})
        return await cur.fetchall()


# After a short pause, in which further verdicts may come.
FIND_DUE_TAG = """
    SELECT tag
      FROM custom_tags
     WHERE revision > version
       AND changed_at < now() - interval '0.3 seconds'
       AND (lease IS NULL OR leased_until < now())
     ORDER BY changed_at
     LIMIT 1
"""


async def find_due_tag(conn: AsyncConnection) -> int | None:
    """Return the custom tag that has waited longest for a training, if any is due."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(FIND_DUE_TAG)
        return await cur.fetchone()
