"""Generate embeddings: clusters of non-negative vectors, like activations of a ReLU."""

from collections.abc import Callable
from uuid import UUID

import numpy as np
import psycopg

from infra.database.search.similar import create_embeddings
from infra.database.vectors import write_vector
from worker.inference.sketch import LONG, sketch_of

BATCH = 1000
CLUSTERS = 2000


def make_vectors(count: int, seed: int) -> np.ndarray:
    """Return `count` embeddings of shape (count, 1280); the same for the same seed."""
    random = np.random.default_rng(8)
    centres = random.gamma(0.5, 0.8, (CLUSTERS, LONG)).astype(np.float32)
    random = np.random.default_rng(seed)
    chosen = centres[random.integers(0, CLUSTERS, count)]
    return chosen * random.uniform(0.5, 1.5, chosen.shape) + random.gamma(0.3, 0.6, chosen.shape)


def fill_vectors(database_url: str, count: int, say: Callable[[str], None]) -> None:
    """Add embeddings and sketches of the newest images; build the HNSW index at the end."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        create_embeddings(conn)
        conn.execute("SET maintenance_work_mem = '1GB'")
        conn.execute("DROP INDEX sketches_alike")
        newest = "SELECT id FROM images ORDER BY created_at DESC, id DESC LIMIT %s"
        ids = [row[0] for row in conn.execute(newest, (count,))]
        for start in range(0, count, BATCH):
            _copy(conn, ids[start : start + BATCH], make_vectors(BATCH, seed=start))
            if (start // BATCH) % 20 == 19:
                say(f"{start + BATCH:,} of {count:,} embeddings")
        say("HNSW index")
        conn.execute("CREATE INDEX sketches_alike ON sketches"
                     " USING hnsw (sketch halfvec_cosine_ops)")  # fmt: skip
        conn.execute("VACUUM ANALYZE embeddings")
        conn.execute("VACUUM ANALYZE sketches")


def _copy(conn: psycopg.Connection, ids: list[UUID], vectors: np.ndarray) -> None:
    long = [write_vector(each) for each in vectors]
    with conn.cursor().copy("COPY embeddings (image_id, embedding) FROM STDIN") as copy:
        for image_id, vector in zip(ids, long, strict=True):
            copy.write(f"{image_id}\t{vector}\n")
    short = [write_vector(sketch_of(each)) for each in vectors.astype(np.float32)]
    with conn.cursor().copy("COPY sketches (image_id, sketch) FROM STDIN") as copy:
        for image_id, vector in zip(ids, short, strict=True):
            copy.write(f"{image_id}\t{vector}\n")
