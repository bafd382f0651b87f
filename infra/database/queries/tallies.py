"""Counts that are kept instead of counted: pictures by state, pictures by tag."""

from psycopg import AsyncConnection

from core.types import ImageStatus

SUM_IMAGES = """
    SELECT coalesce(sum(images), 0)::bigint
      FROM image_tallies
     WHERE in_trash = %(trash)s
       AND (%(status)s::text IS NULL OR status = %(status)s)
"""


async def sum_images(conn: AsyncConnection, *, status: ImageStatus | None, trash: bool) -> int:
    """How many pictures there are in a state, in the trash or outside."""
    cur = await conn.execute(SUM_IMAGES, {"status": status, "trash": trash})
    return int((await anext(cur))[0])


SUM_TAGS = """
    SELECT tag, sum(images)::bigint
      FROM tag_tallies
     GROUP BY tag
    HAVING sum(images) > 0
     ORDER BY 2 DESC, 1
     LIMIT %(limit)s::bigint
"""


async def sum_tags(conn: AsyncConnection, *, limit: int | None = None) -> list[tuple[int, int]]:
    """The most frequent tags, or all that there are, each with its number of pictures."""
    cur = await conn.execute(SUM_TAGS, {"limit": limit})
    return [(tag, images) for tag, images in await cur.fetchall()]


# One folds at a time: two would both add up the same rows.
TRY_FOLD_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('gallery.tallies'))"

FOLD_IMAGES = """
    WITH folded AS (DELETE FROM image_tallies RETURNING *)
    INSERT INTO image_tallies (status, in_trash, images)
    SELECT status, in_trash, sum(images)
      FROM folded
     GROUP BY 1, 2
    HAVING sum(images) <> 0
"""

FOLD_TAGS = """
    WITH folded AS (DELETE FROM tag_tallies RETURNING *)
    INSERT INTO tag_tallies (tag, images)
    SELECT tag, sum(images)
      FROM folded
     GROUP BY 1
    HAVING sum(images) <> 0
"""

# Fewer rows than this are added up in a millisecond as they are.
MIN_ROWS_TO_FOLD = 5000

COUNT_ROWS = """
    SELECT (SELECT count(*) FROM image_tallies) + (SELECT count(*) FROM tag_tallies)
"""


async def fold_tallies(conn: AsyncConnection) -> None:
    """Add up what many statements have noted, so that sums stay quick."""
    if (await anext(await conn.execute(COUNT_ROWS)))[0] < MIN_ROWS_TO_FOLD:
        return
    async with conn.transaction():
        if (await anext(await conn.execute(TRY_FOLD_LOCK)))[0]:
            await conn.execute(FOLD_IMAGES)
            await conn.execute(FOLD_TAGS)
