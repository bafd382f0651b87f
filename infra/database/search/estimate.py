"""Count the images and tags that a search matches: exactly if that is fast, otherwise estimated.

A sample of one image in 128, chosen by hash, is counted first. If it predicts few matches, all
matches are counted. Otherwise the count of the sample times 128 is returned as an estimate.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLimits:
    """Numbers of images from which searches are estimated and ranked in part.

    Attributes:
        small_gallery: Up to this size of the gallery, all matches are counted.
        max_exact: Up to this number of matches, all are counted, which takes about 10 ms at most.
        ranked: Number of the newest matches to rank, unless there are few matches.
        scarce: Up to this number of matches, collecting and sorting all of them is faster than
            walking along the index on the upload time and skipping images that do not match.
    """

    small_gallery: int = 20_000
    max_exact: int = 5_000
    ranked: int = 1000
    scarce: int = 20_000


LIMITS = SearchLimits()

# Tags are counted in about this many images. The standard error for a tag that half of the images
# have is then 3 %.
IMAGES_FOR_FACETS = 1000


@dataclass(frozen=True, slots=True)
class Facets:
    """The most frequent tags among the matches, as (tag, number of images) pairs."""

    counts: Sequence[tuple[int, int]]
    is_exact: bool


# All matches of a search as (upload time, id) pairs, oldest first.
Found: TypeAlias = list[tuple[datetime, UUID]]


@dataclass(frozen=True, slots=True)
class SearchEstimate:
    """Number of images that a search matches.

    Attributes:
        total: The number, exact or estimated.
        is_exact: Whether `total` is exact.
        few: Whether there are so few matches that collecting all of them is fast.
        facets: The most frequent tags among the matches.
        found: All matches, if counting them collected them.
    """

    total: int
    is_exact: bool
    few: bool
    facets: Facets
    found: Found | None = None


async def measure(
    conn: AsyncConnection, which: Filter, *, facets: int, limits: SearchLimits = LIMITS
) -> SearchEstimate:
    """Count the matches of a search, within milliseconds at any size of the gallery.

    Args:
        conn: The connection.
        which: The search.
        facets: Number of the most frequent tags to return.
        limits: Sizes from which the number is estimated.
    """
    if which.is_plain:
        return await _measure_plain(conn, which, facets=facets, max_exact=limits.max_exact)
    everything = await sum_images(conn, status=None, trash=which.trash)
    if everything <= limits.small_gallery or which.trash or which.ids is not None:
        survey = await _take_sample(conn, which, facets=facets)
        few = survey.total <= limits.max_exact
        return SearchEstimate(survey.total, is_exact=True, few=few, facets=survey.facets())
    sample = await _take_sample(conn, which, facets=facets, among=in_sample(which))
    if (rough := SAMPLED * sample.total) > limits.max_exact:
        return SearchEstimate(rough, is_exact=False, few=False, facets=sample.facets(SAMPLED))
    survey = await _take_sample(conn, which, facets=facets, collect=True)
    return SearchEstimate(
        survey.total, is_exact=True, few=True, facets=survey.facets(), found=survey.found
    )


async def _measure_plain(
    conn: AsyncConnection, which: Filter, *, facets: int, max_exact: int
) -> SearchEstimate:
    """Count with the tallies, which cover filters by state and trash."""
    total = await sum_images(conn, status=which.status, trash=which.trash)
    few = total <= max_exact
    counts: Sequence[tuple[int, int]] = []
    if facets and which.trash:
        counted = (await _take_sample(conn, which, facets=facets)).facets()
        return SearchEstimate(total, is_exact=True, few=few, facets=counted)
    if facets and which.status in {None, "done"}:
        counts = await sum_tags(conn, limit=facets)
    return SearchEstimate(total, is_exact=True, few=few, facets=Facets(counts, is_exact=True))


@dataclass(frozen=True, slots=True)
class _Sample:
    """Result of one survey. Tags were counted in a share of `below`/256 of the matches."""

    total: int
    below: int
    counts: Sequence[tuple[int, int]]
    found: Found | None

    def facets(self, scale: int = 1) -> Facets:
        """Return the tag counts, scaled up to all matches. `scale` is 128 for the sample."""
        if scale == 1 and self.below == _ALL:
            return Facets(self.counts, is_exact=True)
        each = scale * _ALL / self.below
        return Facets([(tag, round(count * each)) for tag, count in self.counts], is_exact=False)


# Shares are chosen by the second byte of the hash, which has 256 values.
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
    """Count the matches of a search and their tags in one statement.

    Args:
        conn: The connection.
        which: The search.
        facets: Number of the most frequent tags to return.
        among: Condition that restricts the images to search, such as the sample.
        collect: Whether to return upload times and ids of all matches.
    """
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
    # Not prepared: the best plan depends on how frequent the tags of the search are.
    cur = await conn.execute(query, given.values, prepare=False)
    total, below, tags, counts, times, ids = await anext(cur)
    matches = list(zip(times, ids, strict=True)) if collect else None
    return _Sample(total, below, list(zip(tags, counts, strict=True)), matches)
