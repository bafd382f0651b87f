"""Custom tags: tags that users defined."""

from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import scalar_row

from core.vocabulary.tags import Tag, custom_tag

LIST_CUSTOM_TAGS = "SELECT tag, slug, name FROM custom_tags ORDER BY tag"


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
