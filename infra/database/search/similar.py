"""Find visually similar images by embeddings in Postgres, with the extension `vector` (pgvector).

For each image the worker writes two vectors in the transaction that settles it:

- `embeddings`: the 1,280 activations of the model, for exact distances. Not indexed.
- `sketches_waiting`: a sketch, that is a projection of the embedding to 256 dimensions. Not
  indexed, so that writing it is cheap.

The search maintenance of the API moves sketches to the table `sketches`, which has an HNSW index.
Inserting a row into that index takes about 1,000 distance computations, too many for a worker.

A search has two steps. It takes the nearest sketches as candidates, from the index and from a scan
of `sketches_waiting`, and then sorts the candidates by the exact distance of their embeddings.

Without the extension the tables do not exist and the feature is off.
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

# PLAIN storage: embeddings do not compress, and each read needs the whole vector.
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
    CREATE TABLE IF NOT EXISTS custom_tag_weights (
        tag     smallint      PRIMARY KEY REFERENCES custom_tags (tag) ON DELETE CASCADE,
        weights halfvec(1280) NOT NULL,
        length  real          NOT NULL,
        bias    real          NOT NULL
    );
    ALTER TABLE custom_tag_weights ALTER COLUMN weights SET STORAGE PLAIN;
"""


def create_embeddings(conn: psycopg.Connection) -> bool:
    """Create extension and tables if they are missing; return whether the feature is available.

    Each migration run calls this function, so that the feature becomes available when an
    administrator has installed the extension.
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
    """An image with its cosine distance to another: 0 for the same direction, 1 for orthogonal."""

    distance: float


# Minimum number of candidates whose embeddings are compared; more if a request needs more.
CANDIDATES = 80

# hnsw.ef_search is the number of rows that an index scan returns, 40 by default: raise it to the
# number of candidates. hnsw.iterative_scan (pgvector 0.8 or newer) continues the scan if candidates
# are filtered out. Set for the session, since the next statement of the connection needs both.
# Returns no row if the image has no embedding.
PREPARE_SEARCH = """
    SELECT set_config('hnsw.ef_search', %(candidates)s::text, false),
           CASE WHEN string_to_array(extversion, '.')::integer[] >= '{0,8}'
                THEN set_config('hnsw.iterative_scan', 'relaxed_order', false) END
      FROM embeddings, pg_extension
     WHERE image_id = %(image_id)s
       AND extname = 'vector'
"""

# Checked for each candidate in order of distance: OFFSET 0 keeps the planner from using a join. The
# query image is not excluded here; otherwise the index scan would have to continue to replace it.
_IS_VISIBLE: LiteralString = """
    EXISTS (SELECT FROM images AS i
             WHERE i.id = s.image_id
               AND i.deleted_at IS NULL
               AND i.status = 'done'
            OFFSET 0)
"""

# Candidates come from the index and from the sketches that are not indexed yet. They are sorted
# before the join with images, so that only the returned rows are read.
LIST_SIMILAR: LiteralString = f"""
    WITH query AS MATERIALIZED (
        SELECT sketch FROM sketches_waiting WHERE image_id = %(image_id)s
         UNION ALL
        SELECT sketch FROM sketches WHERE image_id = %(image_id)s
         LIMIT 1
    ),
    candidates AS MATERIALIZED (
        (SELECT image_id
           FROM sketches AS s
          WHERE {_IS_VISIBLE}
          ORDER BY sketch <=> (SELECT sketch FROM query)
          LIMIT %(candidates)s)
         UNION
        (SELECT image_id
           FROM sketches_waiting AS s
          WHERE {_IS_VISIBLE}
          ORDER BY sketch <=> (SELECT sketch FROM query)
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
       AND EXISTS (SELECT FROM query)
     ORDER BY n.distance, n.image_id
     LIMIT %(limit)s
"""


async def list_similar(conn: AsyncConnection, image_id: UUID, *, limit: int) -> list[SimilarImage]:
    """Return the images most similar to an image, nearest first.

    The list is empty if the image has not been classified.

    Raises:
        NotFoundError: No image has this id.
        FeatureOffError: Postgres has no extension `vector`.
    """
    candidates = max(CANDIDATES, 2 * limit)
    parameters = {"image_id": image_id, "limit": limit, "candidates": candidates}
    try:
        row = await (await conn.execute(PREPARE_SEARCH, parameters)).fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise FeatureOffError(
            "Similar images are not available: Postgres has no extension `vector`. "
            "Install pgvector and run `gallery migrate`."
        ) from error
    if row is None:
        await get_image(conn, image_id)
        return []
    async with conn.cursor(row_factory=args_row(SimilarImage.read), binary=True) as cur:
        await cur.execute(LIST_SIMILAR, parameters)
        return await cur.fetchall()


# A reclassified image already has a row in `sketches`, with the previous sketch.
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
    """Move at most `limit` sketches to the table with the HNSW index; return their number."""
    if not (await anext(await conn.execute(HAS_EMBEDDINGS)))[0]:
        return 0
    return (await conn.execute(GROW_GRAPH, {"limit": limit})).rowcount
