"""Read single images, move images to the trash and restore them."""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, Self
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import args_row, scalar_row
from psycopg.sql import SQL

from core.errors import NotFoundError
from core.types import ImageStatus
from core.vocabulary.tags import Tag, custom_tag, load_tags
from infra.database.search.compiler import Filter, Parameters, condition


@dataclass(slots=True)
class Decided:
    """What an image with verdicts has besides its effective tags.

    Attributes:
        tags: Tags of the model in ascending order of their scores.
        scores: Score of each of them.
        confirmed: Tags with the verdict `confirmed`.
        rejected: Tags with the verdict `rejected`.
    """

    tags: list[int]
    scores: list[float]
    confirmed: list[int]
    rejected: list[int]


# A page reads 50 of these and an export millions. Frozen instances or keyword arguments would more
# than double the time to read a row.
@dataclass(slots=True)
class Image:
    """One distinct image, with its tags in ascending order of their scores.

    Attributes:
        decided: None if the image has no verdicts: its tags are then those of the model and of the
            classifiers of custom tags.
        custom: Slug and name of its custom tags by number as text; None without any.
    """

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
    decided: Decided | None
    custom: dict[str, tuple[str, str]] | None

    @classmethod
    def read(cls, *row: Any) -> Self:  # noqa: ANN401 (columns of any type)
        """Create an instance from a row of `IMAGE_COLUMNS` and the columns of a subclass."""
        scores = read_scores(row[_SCORES])
        tags, tag_scores, confirmed, rejected = row[_DECIDED:_CUSTOM]
        decided = None
        if tags is not None:
            decided = Decided(tags, read_scores(tag_scores), confirmed, rejected)
        fields: Iterable[Any] = (
            *row[:_SCORES], scores, *row[_SCORES + 1 : _DECIDED], decided, *row[_CUSTOM:]
        )  # fmt: skip
        return cls(*fields)

    @property
    def model_tags(self) -> tuple[list[int], list[float]]:
        """The tags of the model, and perhaps custom ones, and their scores before any verdict."""
        return (
            (self.decided.tags, self.decided.scores) if self.decided else (self.tags, self.scores)
        )

    @property
    def known_tags(self) -> Mapping[int, Tag]:
        """All classes and categories, and the custom tags of this image, by number."""
        if self.custom is None:
            return load_tags()
        custom = {int(tag): custom_tag(int(tag), *names) for tag, names in self.custom.items()}
        return ChainMap(custom, load_tags())


# Indexes of `scores`, `model_tags` and `custom` in IMAGE_COLUMNS.
_SCORES, _DECIDED, _CUSTOM = 15, 17, 21


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
           i.confidence,
           CASE WHEN i.status = 'done' THEN i.model_tags END AS model_tags,
           i.model_scores::text, i.confirmed, i.rejected,
           CASE WHEN 10000 <= ANY(i.tags) OR 10000 <= ANY(i.rejected) THEN (
               SELECT json_object_agg(c.tag, json_build_array(c.slug, c.name))
                 FROM custom_tags AS c
                WHERE c.tag = ANY(i.tags || i.rejected)) END AS custom
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


LOCK_IMAGE = "SELECT FROM images WHERE id = %(image_id)s FOR NO KEY UPDATE"


async def lock_image(conn: AsyncConnection, image_id: UUID) -> Image:
    """Lock an image until the end of the transaction and return it.

    Raises:
        NotFoundError: No image has this id.
    """
    await conn.execute(LOCK_IMAGE, {"image_id": image_id})
    return await get_image(conn, image_id)


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
