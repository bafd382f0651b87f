"""Read single images, move images to the trash and restore them."""

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


# A page reads 50 of these and an export millions. Frozen instances or keyword arguments would more
# than double the time to read a row.
@dataclass(slots=True)
class Image:
    """One distinct image, with its tags in ascending order of their scores."""

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
        """Create an instance from a row of `IMAGE_COLUMNS` and the columns of a subclass."""
        return cls(*row[:_SCORES], read_scores(str(row[_SCORES])), *row[_SCORES + 1 :])  # type: ignore[arg-type, call-arg]


_SCORES = 15  # index of `scores` in IMAGE_COLUMNS


def read_scores(text: str) -> list[float]:
    """Return the scores of a `real[]` in text form, such as `{0.02,0.9731}`.

    All other columns are read in binary form, which takes half the time. The text form of a `real`
    is the shortest exact one: 0.9731 instead of 0.9731000065803528.
    """
    return list(map(float, text[1:-1].split(","))) if text != "{}" else []


# In the order of the fields of `Image`. An image that is being reclassified still has its previous
# tags; they are not returned.
IMAGE_COLUMNS: LiteralString = """
           i.id, i.sha256, i.name, i.status, i.media_type, i.width, i.height, i.bytes,
           i.created_at, i.classified_at, i.deleted_at, i.model, i.failure_code, i.failure_detail,
           CASE WHEN i.status = 'done' THEN i.tags ELSE '{}' END AS tags,
           CASE WHEN i.status = 'done' THEN i.scores::text ELSE '{}' END AS scores,
           i.confidence
"""

GET_IMAGE = f"SELECT {IMAGE_COLUMNS} FROM images AS i WHERE i.id = %(image_id)s"


async def get_image(conn: AsyncConnection, image_id: UUID) -> Image:
    """Return one image, whether it is in the trash or not.

    Raises:
        NotFoundError: No image has this id.
    """
    async with conn.cursor(row_factory=args_row(Image.read), binary=True) as cur:
        await cur.execute(GET_IMAGE, {"image_id": image_id})
        image = await cur.fetchone()
    if image is None:
        raise NotFoundError(f"There is no image {image_id}.")
    return image


@dataclass(frozen=True, slots=True)
class ImageFile:
    """What identifies and names the stored files of an image."""

    sha256: bytes
    name: str
    media_type: str
    bytes: int


GET_IMAGE_FILE = "SELECT sha256, name, media_type, bytes FROM images WHERE id = %(image_id)s"


async def get_image_file(conn: AsyncConnection, image_id: UUID) -> ImageFile:
    """Return hash, name, media type and size of an image, whether it is in the trash or not.

    Raises:
        NotFoundError: No image has this id.
    """
    async with conn.cursor(row_factory=args_row(ImageFile)) as cur:
        await cur.execute(GET_IMAGE_FILE, {"image_id": image_id})
        file = await cur.fetchone()
    if file is None:
        raise NotFoundError(f"There is no image {image_id}.")
    return file


# Maximum number of images that one statement changes. Changing 10,000 images takes 1 to 2 s;
# changing 100,000 takes longer than the statement timeout of 10 s.
AT_ONCE = 10_000

FIND_IMAGES = "SELECT i.id FROM images AS i WHERE {}"


async def find_images(conn: AsyncConnection, which: Filter) -> list[UUID]:
    """Return the ids of all images that the filter matches, to be changed in batches."""
    given = Parameters()
    query = SQL(FIND_IMAGES).format(condition(which, given))
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(query, given.values, prepare=False)
        return await cur.fetchall()


def batches_of(ids: Sequence[UUID], at_once: int = AT_ONCE) -> Iterator[Filter]:
    """Yield filters that match at most `at_once` of the ids each."""
    for start in range(0, len(ids), at_once):
        yield Filter(ids=ids[start : start + at_once])


TRASH_IMAGES = """
    UPDATE images
       SET deleted_at = now(),
           changed_at = now()
     WHERE id IN (SELECT i.id FROM images AS i WHERE {})
       AND deleted_at IS NULL
    RETURNING id
"""


async def trash_images(conn: AsyncConnection, which: Filter) -> list[UUID]:
    """Move the matching images to the trash and return the ids of those that changed."""
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
    """Restore images from the trash and return the ids of those that changed."""
    async with conn.cursor(row_factory=scalar_row) as cur:
        await cur.execute(RESTORE_IMAGES, {"ids": list(ids)})
        return await cur.fetchall()
