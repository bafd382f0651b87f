"""Which tags the gallery holds, and how often."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class ClassCount:
    """A class and the number of pictures that show it."""

    class_index: int
    count: int


COUNT_CLASSES = """
    SELECT p.class_index, count(*) AS count
      FROM predictions AS p
      JOIN images AS i ON i.id = p.image_id AND i.deleted_at IS NULL
     WHERE p.class_index = ANY(%(class_indexes)s::smallint[])
       AND p.score >= %(min_score)s
     GROUP BY p.class_index
     ORDER BY count(*) DESC, p.class_index
     LIMIT %(limit)s
"""


async def count_classes(
    conn: AsyncConnection, class_indexes: Sequence[int], *, min_score: float, limit: int
) -> list[ClassCount]:
    """The most frequent of some classes, among pictures that are not in the trash."""
    async with conn.cursor(row_factory=class_row(ClassCount)) as cur:
        await cur.execute(
            COUNT_CLASSES,
            {"class_indexes": list(class_indexes), "min_score": min_score, "limit": limit},
        )
        return await cur.fetchall()
