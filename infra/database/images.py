"""Reading the gallery, and the trash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row, scalar_row

from infra.errors import NotFoundError

ImageStatus = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One distinct picture and what the model said of it, best class first."""

    id: UUID
    sha256: bytes
    name: str
    status: ImageStatus
    media_type: str
    width: int
    height: int
    bytes: int
    created_at: datetime
    classified_at: datetime | None
    deleted_at: datetime | None
    model: str | None
    failure_code: str | None
    failure_detail: str | None
    class_indexes: list[int]
    scores: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which pictures: each word is the set of classes it may mean, and all words must match."""

    words: Sequence[Sequence[int]] = ()
    min_score: float = 0.0
    status: ImageStatus | None = None
    trash: bool = False
    ids: Sequence[UUID] | None = None

    def parameters(self) -> dict[str, object]:
        # Postgres arrays are rectangular, so ragged sets travel flat: (word, class) pairs.
        pairs = [(n, index) for n, word in enumerate(self.words) for index in word]
        return {
            "word_count": len(self.words),
            "word_of": [n for n, _ in pairs],
            "class_of": [index for _, index in pairs],
            "min_score": self.min_score,
            "status": self.status,
            "trash": self.trash,
            "image_ids": None if self.ids is None else list(self.ids),
        }


# What a page shows. Images that match no word are gone before predictions are fetched.
MATCHING_IMAGES = """
    SELECT i.id
      FROM images AS i
     WHERE (i.deleted_at IS NOT NULL) = %(trash)s
       AND (%(status)s::text IS NULL OR i.status = %(status)s)
       AND (%(image_ids)s::uuid[] IS NULL OR i.id = ANY(%(image_ids)s))
       AND (%(word_count)s::integer = 0 AND %(min_score)s::real <= 0 OR i.id IN (
               SELECT p.image_id
                 FROM predictions AS p
                 LEFT JOIN unnest(%(word_of)s::integer[], %(class_of)s::smallint[])
                           AS w (word, class_index) USING (class_index)
                WHERE p.score >= %(min_score)s::real
                  AND (%(word_count)s = 0 OR w.word IS NOT NULL)
                GROUP BY p.image_id
               HAVING count(DISTINCT w.word) = %(word_count)s))
"""

_COLUMNS = """
           i.id, i.sha256, i.name, i.status, i.media_type, i.width, i.height, i.bytes,
           i.created_at, i.classified_at, i.deleted_at, i.model, i.failure_code, i.failure_detail,
           coalesce(p.class_indexes, '{}') AS class_indexes,
           coalesce(p.scores, '{}') AS scores
      FROM images AS i
      LEFT JOIN LATERAL (
               SELECT array_agg(class_index ORDER BY rank) AS class_indexes,
                      array_agg(score ORDER BY rank) AS scores
                 FROM predictions
                WHERE image_id = i.id AND i.status = 'done') AS p ON true
"""

GET_IMAGE = f"SELECT {_COLUMNS} WHERE i.id = %(image_id)s"


async def get_image(conn: AsyncConnection, image_id: UUID) -> Image:
    """Return one picture, in the trash or not.

    Raises:
        NotFoundError: there is no such picture.
    """
    async with conn.cursor(row_factory=class_row(Image)) as cur:
        await cur.execute(GET_IMAGE, {"image_id": image_id})
        image = await cur.fetchone()
    if image is None:
        raise NotFoundError(f"There is no image {image_id}.")
    return image


Sort = Literal["newest", "oldest"]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the last picture's time and id."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A page: `limit` pictures, beginning `skip` places behind `after`.

    A client that walks gives `after`, which costs the same anywhere; one that jumps, as a
    scrollbar does, gives `skip`.
    """

    sort: Sort
    after: Position | None
    skip: int
    limit: int


LIST_NEWEST = f"""
    SELECT {_COLUMNS}
     WHERE i.id IN ({MATCHING_IMAGES})
       AND (%(after_time)s::timestamptz IS NULL
            OR (i.created_at, i.id) < (%(after_time)s, %(after_id)s::uuid))
     ORDER BY i.created_at DESC, i.id DESC
     LIMIT %(limit)s
    OFFSET %(skip)s
"""

LIST_OLDEST = f"""
    SELECT {_COLUMNS}
     WHERE i.id IN ({MATCHING_IMAGES})
       AND (%(after_time)s::timestamptz IS NULL
            OR (i.created_at, i.id) > (%(after_time)s, %(after_id)s::uuid))
     ORDER BY i.created_at, i.id
     LIMIT %(limit)s
    OFFSET %(skip)s
"""


async def list_images(conn: AsyncConnection, which: Filter, window: Window) -> list[Image]:
    """The pictures of one page."""
    after = window.after
    parameters = which.parameters() | {
        "after_time": after and after.created_at,
        "after_id": after and after.id,
        "skip": window.skip,
        "limit": window.limit,
    }
    query = LIST_NEWEST if window.sort == "newest" else LIST_OLDEST
    async with conn.cursor(row_factory=class_row(Image)) as cur:
        await cur.execute(query, parameters)
        return await cur.fetchall()


COUNT_IMAGES = f"SELECT count(*) FROM ({MATCHING_IMAGES}) AS matching"


async def count_images(conn: AsyncConnection, which: Filter) -> int:
    """How many pictures there are on all pages."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(COUNT_IMAGES, which.parameters())
        return int(await anext(cur))


TRASH_IMAGES = f"""
    UPDATE images
       SET deleted_at = now(),
           changed_at = now()
     WHERE id IN ({MATCHING_IMAGES})
       AND deleted_at IS NULL
    RETURNING id
"""


async def trash_images(conn: AsyncConnection, which: Filter) -> list[UUID]:
    """Put pictures in the trash; return those that were not there yet."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(TRASH_IMAGES, which.parameters())
        return await cur.fetchall()


RESTORE_IMAGES = """
    UPDATE images
       SET deleted_at = NULL,
           changed_at = now()
     WHERE id = ANY(%(ids)s)
       AND deleted_at IS NOT NULL
    RETURNING id
"""


async def restore_images(conn: AsyncConnection, ids: Sequence[UUID]) -> list[UUID]:
    """Take pictures out of the trash; return those that were in it."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(RESTORE_IMAGES, {"ids": list(ids)})
        return await cur.fetchall()
