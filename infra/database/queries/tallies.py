"""Tallies: image counts by state and by tag that triggers keep up to date.

Each statement that changes images appends rows with the differences (migration 0003). A count is a
sum of rows.
"""

from psycopg import AsyncConnection

from core.types import ImageStatus

SUM_IMAGES = """
    SELECT coalesce(sum(images), 0)::bigint
      FROM image_tallies
     WHERE in_trash = %(trash)s
       AND (%(status)s::text IS NULL OR status = %(status)s)
"""


async def sum_images(conn: AsyncConnection, *, status: ImageStatus | None, trash: bool) -> int:
    """Return the number of images in a state (None: any), in the trash or outside it."""
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
    """Return (tag, number of images) pairs, most frequent first; None for all tags."""
    cur = await conn.execute(SUM_TAGS, {"limit": limit})
    return [(tag, images) for tag, images in await cur.fetchall()]


# Two processes at the same time would both sum the same rows.
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

# Summing fewer rows than this takes less than 1 ms.
MIN_ROWS_TO_FOLD = 5000

COUNT_ROWS = """
    SELECT (SELECT count(*) FROM image_tallies) + (SELECT count(*) FROM tag_tallies)
"""


async def fold_tallies(conn: AsyncConnection) -> None:
    """Replace many rows of differences by their sums, so that counting stays fast."""
    if (await anext(await conn.execute(COUNT_ROWS)))[0] < MIN_ROWS_TO_FOLD:
        return
    async with conn.transaction():
        if (await anext(await conn.execute(TRY_FOLD_LOCK)))[0]:
            await conn.execute(FOLD_IMAGES)
            await conn.execute(FOLD_TAGS)
