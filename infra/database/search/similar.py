"""What pictures look like, and which look alike: vectors in Postgres, by the extension `vector`.

Workers write a picture's 1,280 numbers (`embeddings`) and its sketch, 256 numbers that stand for
them, where they settle it. Sketches belong in a graph index (`sketches`): that costs a thousand
comparisons a picture, so they wait (`sketches_waiting`) until the API has time for it. A search
takes the nearest of the graph and of those that wait, and compares them by all their numbers.

Where the extension is missing there are no such tables, and the feature is off.
"""

from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import args_row

from core.errors import FeatureOffError
from infra.database.pool import HAS_EMBEDDINGS
from infra.database.queries.images import IMAGE_COLUMNS, Image, get_image

HAS_VECTORS = "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = 'vector'"

# Rows of a vector are stored as they are: they do not compress, and a read wants all of them.
CREATE_EMBEDDINGS = """
    CREATE TABLE IF NOT EXISTS embeddings (
        image_id  uuid          PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
        embedding halfvec(1280) NOT NULL
    );
    ALTER TABLE embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
    CREATE TABLE IF NOT EXISTS sketches (
        image_id uuid         PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
        sketch   halfvec(256) NOT NULL
    );
    CREATE INDEX IF NOT EXISTS sketches_alike ON sketches USING hnsw (sketch halfvec_cosine_ops);
    CREATE TABLE IF NOT EXISTS sketches_waiting (
        image_id uuid         PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
        sketch   halfvec(256) NOT NULL
    );
"""


def create_embeddings(conn: psycopg.Connection) -> bool:
    """Make the tables where the extension is to be had; say whether it is.

    Part of every migration run, so that the feature comes on when the extension has been added.
    """
    row = conn.execute(HAS_VECTORS).fetchone()
    if row is None or not row[0]:
        return False
    try:
        conn.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except psycopg.errors.InsufficientPrivilege:
        return False
    conn.execute(CREATE_EMBEDDINGS)
    return True


@dataclass(slots=True)
class SimilarImage(Image):
    """A picture that looks like another: 0 is the same direction, 1 has nothing in common."""

    distance: float


# So many sketches are compared by all their numbers, or twice as many as are asked for.
CANDIDATES = 80

# As many candidates as are asked for: fewer, which is the graph's own setting, would be fast and
# wrong. Where the nearest may not be shown, the graph is searched further, which pgvector can do
# from 0.8 on. Set for as long as the connection lasts, since the next statement needs it.
PREPARE_SEARCH = """
    SELECT set_config('hnsw.ef_search', %(candidates)s::text, false),
           CASE WHEN string_to_array(extversion, '.')::integer[] >= '{0,8}'
                THEN set_config('hnsw.iterative_scan', 'relaxed_order', false) END
      FROM embeddings, pg_extension
     WHERE image_id = %(image_id)s
       AND extname = 'vector'
"""

# Looked up for each candidate in turn, the nearest first: OFFSET keeps it from becoming a join. The
# picture itself passes, or the graph would have to be searched a second time for one in its place.
_SHOWN: LiteralString = """
    EXISTS (SELECT FROM images AS i
             WHERE i.id = s.image_id
               AND i.deleted_at IS NULL
               AND i.status = 'done'
            OFFSET 0)
"""

# The graph's nearest and the nearest of those that are not in it yet; sorted before the pictures
# are looked up, so that only those are that will be shown.
LIST_SIMILAR: LiteralString = f"""
    WITH asked AS MATERIALIZED (
        SELECT sketch FROM sketches_waiting WHERE image_id = %(image_id)s
         UNION ALL
        SELECT sketch FROM sketches WHERE image_id = %(image_id)s
         LIMIT 1
    ),
    candidates AS MATERIALIZED (
        (SELECT image_id
           FROM sketches AS s
          WHERE {_SHOWN}
          ORDER BY sketch <=> (SELECT sketch FROM asked)
          LIMIT %(candidates)s)
         UNION
        (SELECT image_id
           FROM sketches_waiting AS s
          WHERE {_SHOWN}
          ORDER BY sketch <=> (SELECT sketch FROM asked)
          LIMIT %(candidates)s)
    ),
    nearest AS MATERIALIZED (
        SELECT image_id,
               greatest(0, embedding <=> (SELECT embedding FROM embeddings
                                           WHERE image_id = %(image_id)s)) AS distance
          FROM candidates
          JOIN embeddings USING (image_id)
         ORDER BY distance, image_id
    )
    SELECT {IMAGE_COLUMNS}, n.distance
      FROM nearest AS n
      JOIN images AS i ON i.id = n.image_id
     WHERE i.id <> %(image_id)s
       AND EXISTS (SELECT FROM asked)
     ORDER BY n.distance, n.image_id
     LIMIT %(limit)s
"""


async def list_similar(conn: AsyncConnection, image_id: UUID, *, limit: int) -> list[SimilarImage]:
    """The pictures that look most like one; none while it has not been looked at.

    Raises:
        NotFoundError: there is no such picture.
        FeatureOffError: the database lacks the extension.
    """
    candidates = max(CANDIDATES, 2 * limit)
    asked = {"image_id": image_id, "limit": limit, "candidates": candidates}
    try:
        row = await (await conn.execute(PREPARE_SEARCH, asked)).fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise FeatureOffError(
            "This gallery cannot compare pictures: its Postgres lacks the extension `vector`. "
            "Install pgvector and run `gallery migrate`."
        ) from error
    if row is None:
        await get_image(conn, image_id)
        return []
    async with conn.cursor(row_factory=args_row(SimilarImage.read), binary=True) as cur:
        await cur.execute(LIST_SIMILAR, asked)
        return await cur.fetchall()


# A picture classified anew may be in the graph already, with an older sketch.
GROW_GRAPH = """
    WITH moved AS (
        DELETE FROM sketches_waiting
         WHERE image_id IN (SELECT image_id
                              FROM sketches_waiting
                             LIMIT %(limit)s
                               FOR UPDATE SKIP LOCKED)
        RETURNING image_id, sketch
    )
    INSERT INTO sketches (image_id, sketch)
    SELECT image_id, sketch
      FROM moved
        ON CONFLICT (image_id) DO UPDATE
       SET sketch = excluded.sketch
"""


async def grow_graph(conn: AsyncConnection, *, limit: int) -> int:
    """Put some sketches that wait for it into the graph; say how many."""
    if not (await anext(await conn.execute(HAS_EMBEDDINGS)))[0]:
        return 0
    return (await conn.execute(GROW_GRAPH, {"limit": limit})).rowcount
