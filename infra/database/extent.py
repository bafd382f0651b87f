"""How much a search finds, and which tags are in it: exactly where that is quick, else estimated.

A fair sample (one picture in 128, by its hash) is asked first. Where it shows that little is
found, all of it is counted; where much is found, the sample's count times 128 is the answer and
says that it is an estimate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable

from infra.database.conditions import SAMPLED, Filter, Parameters, condition, in_sample, tags_in
from infra.database.tallies import sum_images, sum_tags

# Up to here everything is counted: some ten milliseconds of work at most.
SMALL_GALLERY = 20_000
FEW = 5_000
# Tags are counted in about so many pictures, which gives a tag that half of them show to 3 %.
PICTURES_FOR_FACETS = 1000

COUNT_IMAGES = "SELECT count(*) FROM images AS i WHERE {}"


@dataclass(frozen=True, slots=True)
class Extent:
    """How many pictures a search finds. `few`: so few that finding all of them is no trouble.

    `found` is then their ids, as Postgres writes them, if they were looked up to be counted.
    """

    total: int
    is_exact: bool
    few: bool
    found: str | None = None


async def measure(conn: AsyncConnection, which: Filter) -> Extent:
    """Say how much a search finds, within milliseconds however large the gallery is."""
    everything = await sum_images(conn, status=None, trash=which.trash)
    if which.is_plain:
        found = everything
        if which.status is not None:
            found = await sum_images(conn, status=which.status, trash=which.trash)
        return Extent(found, is_exact=True, few=found <= FEW)
    if everything <= SMALL_GALLERY or which.trash or which.ids is not None:
        found = await count(conn, which)
        return Extent(found, is_exact=True, few=found <= FEW)
    rough = SAMPLED * await count(conn, which, among=in_sample(which))
    if rough > FEW:
        return Extent(rough, is_exact=False, few=False)
    total, found_ids = await _collect(conn, which)
    return Extent(total, is_exact=True, few=True, found=found_ids)


async def count(conn: AsyncConnection, which: Filter, *, among: LiteralString = "true") -> int:
    """How many pictures a search finds, exactly, however long that takes."""
    given = Parameters()
    where = SQL("{} AND {}").format(condition(which, given), SQL(among))
    query = SQL(COUNT_IMAGES).format(where)
    # Planned for these very tags: a plan for any tags would be a bad one for most.
    cur = await conn.execute(query, given.values, prepare=False)
    return int((await anext(cur))[0])


COLLECT_IMAGES = """
    SELECT count(*), coalesce(array_agg(i.id), '{{}}')::text FROM images AS i WHERE {}
"""


async def _collect(conn: AsyncConnection, which: Filter) -> tuple[int, str]:
    given = Parameters()
    query = SQL(COLLECT_IMAGES).format(condition(which, given))
    total, ids = await anext(await conn.execute(query, given.values, prepare=False))
    return int(total), str(ids)


@dataclass(frozen=True, slots=True)
class Facets:
    """The most frequent tags of what a search finds, each with its number of pictures."""

    counts: Sequence[tuple[int, int]]
    is_exact: bool


COUNT_TAGS = """
    SELECT tag, round(count(*) * {scale})::bigint
      FROM images AS i, unnest({tags}) AS tag
     WHERE {found} AND i.status = 'done' AND {among}
     GROUP BY tag
     ORDER BY count(*) DESC, tag
     LIMIT {limit}
"""


async def count_tags(conn: AsyncConnection, which: Filter, extent: Extent, *, limit: int) -> Facets:
    """Count the tags of what a search finds, in a share of the pictures where they are many."""
    if which.is_plain and not which.trash and which.status in {None, "done"}:
        return Facets(await sum_tags(conn, limit=limit), is_exact=True)
    given = Parameters()
    among, scale = _share(which, extent)
    query = SQL(COUNT_TAGS).format(
        scale=given.add(scale, "float8"),
        tags=tags_in(which.query.scores, given),
        found=condition(which, given),
        among=among,
        limit=given.add(limit, "integer"),
    )
    cur = await conn.execute(query, given.values, prepare=False)
    return Facets([(tag, images) for tag, images in await cur.fetchall()], is_exact=scale == 1)


def _share(which: Filter, extent: Extent) -> tuple[Composable, float]:
    """Which of the pictures to look at, and how many each of them stands for."""
    sampled = 1 if extent.few or extent.is_exact else SAMPLED
    pictures = extent.total / sampled
    # Of what is left, those whose second byte of the hash is below this.
    below = max(1, min(256, round(256 * PICTURES_FOR_FACETS / max(pictures, 1))))
    among: Composable = SQL(in_sample(which)) if sampled > 1 else SQL("true")
    if below < 256:  # noqa: PLR2004 (as many as a byte has values)
        among = SQL("{} AND get_byte(i.sha256, 1) < {}").format(among, below)
    return among, sampled * 256 / below
