"""How much a search finds, and which tags are in it: exactly where that is quick, else estimated.

A fair sample (one picture in 128, by its hash) is asked first. Where it shows that little is
found, all of it is counted; where much is found, the sample's count times 128 is the answer and
says that it is an estimate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString, TypeAlias
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.sql import SQL

from infra.database.queries.tallies import sum_images, sum_tags
from infra.database.search.compiler import (
    SAMPLED,
    Filter,
    Parameters,
    condition,
    in_sample,
    tags_in,
)

# Up to here everything is counted: some ten milliseconds of work at most.
SMALL_GALLERY = 20_000
MAX_EXACT = 5_000
# Tags are counted in about so many pictures, which gives a tag that half of them show to 3 %.
IMAGES_FOR_FACETS = 1000


@dataclass(frozen=True, slots=True)
class Facets:
    """The most frequent tags of what a search finds, each with its number of pictures."""

    counts: Sequence[tuple[int, int]]
    is_exact: bool


# All that a search finds, oldest first: when each came in, and its id.
Found: TypeAlias = list[tuple[datetime, UUID]]


@dataclass(frozen=True, slots=True)
class SearchEstimate:
    """How many pictures a search finds. `few`: so few that finding all of them is no trouble.

    `found` is all of them, where that had to be known to count them.
    """

    total: int
    is_exact: bool
    few: bool
    facets: Facets
    found: Found | None = None


async def measure(conn: AsyncConnection, which: Filter, *, facets: int) -> SearchEstimate:
    """Say how much a search finds, within milliseconds however large the gallery is.

    `facets` is how many of the most frequent tags to count.
    """
    if which.is_plain:
        return await _measure_plain(conn, which, facets=facets)
    everything = await sum_images(conn, status=None, trash=which.trash)
    if everything <= SMALL_GALLERY or which.trash or which.ids is not None:
        survey = await _take_sample(conn, which, facets=facets)
        few = survey.total <= MAX_EXACT
        return SearchEstimate(survey.total, is_exact=True, few=few, facets=survey.facets())
    sample = await _take_sample(conn, which, facets=facets, among=in_sample(which))
    if (rough := SAMPLED * sample.total) > MAX_EXACT:
        return SearchEstimate(rough, is_exact=False, few=False, facets=sample.facets(SAMPLED))
    survey = await _take_sample(conn, which, facets=facets, collect=True)
    return SearchEstimate(
        survey.total, is_exact=True, few=True, facets=survey.facets(), found=survey.found
    )


async def _measure_plain(conn: AsyncConnection, which: Filter, *, facets: int) -> SearchEstimate:
    """Of states alone, and of everything, the numbers are kept."""
    total = await sum_images(conn, status=which.status, trash=which.trash)
    counts: Sequence[tuple[int, int]] = []
    if facets and which.trash:
        counted = (await _take_sample(conn, which, facets=facets)).facets()
        return SearchEstimate(total, is_exact=True, few=total <= MAX_EXACT, facets=counted)
    if facets and which.status in {None, "done"}:
        counts = await sum_tags(conn, limit=facets)
    return SearchEstimate(
        total, is_exact=True, few=total <= MAX_EXACT, facets=Facets(counts, is_exact=True)
    )


@dataclass(frozen=True, slots=True)
class _Sample:
    """What one look at the pictures found; tags were counted in `below` of 256 of them."""

    total: int
    below: int
    counts: Sequence[tuple[int, int]]
    found: Found | None

    def facets(self, scale: int = 1) -> Facets:
        """The counts of tags, for as many pictures as each of the counted ones stands for."""
        if scale == 1 and self.below == _ALL:
            return Facets(self.counts, is_exact=True)
        each = scale * _ALL / self.below
        return Facets([(tag, round(count * each)) for tag, count in self.counts], is_exact=False)


# As many values as the second byte of a hash has, by which shares are chosen.
_ALL = 256

SURVEY: LiteralString = """
    WITH found AS MATERIALIZED (
        SELECT get_byte(i.sha256, 1) AS share,
               CASE WHEN i.status = 'done' THEN {tags} END AS tags,
               {created_at} AS created_at,
               {id} AS id
          FROM images AS i
         WHERE {found} AND {among}
    ), size AS (
        SELECT count(*) AS total,
               greatest(1, least(256, round(256 * {counted} / greatest(1, count(*)))))::integer
                   AS below
          FROM found
    ), tag_counts AS (
        SELECT tag, count(*) AS images
          FROM (SELECT unnest(tags) AS tag
                  FROM found
                 WHERE share < (SELECT below FROM size)) AS t
         GROUP BY tag
         ORDER BY images DESC, tag
         LIMIT {facets}
    )
    SELECT total, below,
           ARRAY(SELECT tag FROM tag_counts), ARRAY(SELECT images FROM tag_counts),
           ARRAY(SELECT created_at FROM found WHERE id IS NOT NULL ORDER BY created_at, id),
           ARRAY(SELECT id FROM found WHERE id IS NOT NULL ORDER BY created_at, id)
      FROM size
"""


async def _take_sample(
    conn: AsyncConnection,
    which: Filter,
    *,
    facets: int,
    among: LiteralString = "true",
    collect: bool = False,
) -> _Sample:
    """Look once at all that a search finds among some pictures."""
    given = Parameters()
    query = SQL(SURVEY).format(
        tags=tags_in(which.query.scores, given),
        created_at=SQL("i.created_at" if collect else "NULL"),
        id=SQL("i.id" if collect else "NULL"),
        found=condition(which, given),
        among=SQL(among),
        counted=given.add(float(IMAGES_FOR_FACETS), "float8"),
        facets=given.add(facets, "integer"),
    )
    # Planned for these very tags: a plan for any tags would be a bad one for most.
    cur = await conn.execute(query, given.values, prepare=False)
    total, below, tags, counts, times, ids = await anext(cur)
    pictures = list(zip(times, ids, strict=True)) if collect else None
    return _Sample(total, below, list(zip(tags, counts, strict=True)), pictures)
