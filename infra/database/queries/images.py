"""Reading single pictures, and the trash."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString, Self
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import args_row, scalar_row
from psycopg.sql import SQL

from core.errors import NotFoundError
from core.types import ImageStatus
from infra.database.search.compiler import Filter, Parameters, condition


# Neither frozen nor by keyword: pages are made of fifty of these, exports of millions, and either
# would take longer than all the rest of reading a row.
@dataclass(slots=True)
class Image:
    """One distinct picture, and its tags in ascending order of their scores."""

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
    tags: list[int]
    scores: list[float]
    confidence: float

    @classmethod
    def read(cls, *row: object) -> Self:
        """From a row of `IMAGE_COLUMNS`, and of what a subclass adds to them."""
        return cls(*row[:_SCORES], read_scores(str(row[_SCORES])), *row[_SCORES + 1 :])  # type: ignore[arg-type, call-arg]


_SCORES = 15  # where they stand in a row


def read_scores(text: str) -> list[float]:
    """Scores that Postgres has sent as text, while all else is read in binary, in half the time.

    As text they are as short as they can be told apart: 0.9731, not 0.9731000065803528.
    """
    return list(map(float, text[1:-1].split(","))) if text != "{}" else []


# In the order of the fields. Of a picture that is being classified again, the tags are yesterday's.
IMAGE_COLUMNS: LiteralString = """
           i.id, i.sha256, i.name, i.status, i.media_type, i.width, i.height, i.bytes,
           i.created_at, i.classified_at, i.deleted_at, i.model, i.failure_code, i.failure_detail,
           CASE WHEN i.status = 'done' THEN i.tags ELSE '{}' END AS tags,
           CASE WHEN i.status = 'done' THEN i.scores::text ELSE '{}' END AS scores,
           i.confidence
"""

GET_IMAGE = f"SELECT {IMAGE_COLUMNS} FROM images AS i WHERE i.id = %(image_id)s"


async def get_image(conn: AsyncConnection, image_id: UUID) -> Image:
    """Return one picture, in the trash or not.

    Raises:
        NotFoundError: there is no such picture.
    """
    async with conn.cursor(row_factory=args_row(Image.read), binary=True) as cur:
        await cur.execute(GET_IMAGE, {"image_id": image_id})
        image = await cur.fetchone()
    if image is None:
        raise NotFoundError(f"There is no image {image_id}.")
    return image


# So many are changed by one statement: of 10,000 pictures it takes a second or two, of a hundred
# thousand longer than a statement may take.
AT_ONCE = 10_000

FIND_IMAGES = "SELECT i.id FROM images AS i WHERE {}"


async def find_images(conn: AsyncConnection, which: Filter) -> list[UUID]:
    """The ids of all that is meant, to be changed a part at a time."""
    given = Parameters()
    query = SQL(FIND_IMAGES).format(condition(which, given))
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(query, given.values, prepare=False)
        return await cur.fetchall()


def batches_of(ids: Sequence[UUID]) -> Iterator[Filter]:
    """The pictures, as many at a time as one statement may change."""
    for start in range(0, len(ids), AT_ONCE):
        yield Filter(ids=ids[start : start + AT_ONCE])


TRASH_IMAGES = """
    UPDATE images
       SET deleted_at = now(),
           changed_at = now()
     WHERE id IN (SELECT i.id FROM images AS i WHERE {})
       AND deleted_at IS NULL
    RETURNING id
"""


async def trash_images(conn: AsyncConnection, which: Filter) -> list[UUID]:
    """Put pictures in the trash; return those that were not there yet."""
    given = Parameters()
    query = SQL(TRASH_IMAGES).format(condition(which, given))
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(query, given.values)
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
