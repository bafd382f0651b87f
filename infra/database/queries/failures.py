"""Counts of failed images by reason."""

from typing import Final

from psycopg import AsyncConnection

PERMANENT_CODES: Final = frozenset({"truncated", "unreadable", "too_many_pixels"})
"""Failure codes that lie in the file itself: no retry can classify it."""

# The partial index `images_unfinished` finds the failed images; no other image is read.
COUNT_FAILURES = """
    SELECT failure_code, count(*)
      FROM images
     WHERE status = 'failed'
       AND deleted_at IS NULL
     GROUP BY failure_code
     ORDER BY 2 DESC, 1
"""


async def count_failures(conn: AsyncConnection) -> list[tuple[str, int]]:
    """Return (failure code, number of images outside the trash) pairs, most frequent first.

    The cost depends only on the number of failed images.
    """
    return await (await conn.execute(COUNT_FAILURES)).fetchall()
