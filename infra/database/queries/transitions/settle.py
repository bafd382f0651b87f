"""Settle images: write predictions or failures under a lease."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from psycopg import Connection

from core.predictions import Embedding, ScoredClass, ScoredTag
from infra.database.queries.transitions.columns import (
    LEASE_ENDED,
    NOTIFY_CHANGES,
    assign,
    failed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """Result of an image: its best classes and its categories, each best first."""

    image_id: UUID
    predictions: Sequence[ScoredClass]
    categories: Sequence[ScoredTag] = ()
    embedding: Embedding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An image that cannot be classified: failure code, and the reason as a sentence."""

    image_id: UUID
    code: str
    detail: str


@dataclass(slots=True)
class BatchResults:
    """Results and failures of the images under one lease."""

    classified: list[Classified] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.classified) + len(self.failed)

    def image_ids(self) -> set[UUID]:
        """Return the ids of all images with a result or failure."""
        return {each.image_id for each in self.classified} | {each.image_id for each in self.failed}


# State and predictions are written by one statement, so that no image is done without predictions.
# The predictions of a reclassified image are overwritten.
FINISH_IMAGES = f"""
    WITH finished AS (
        UPDATE images
           SET status = 'done',
               model = %(model)s,
               tags = r.tags::smallint[],
               scores = r.scores::real[],
               confidence = r.confidence,
               classified_at = now(),
               {assign(LEASE_ENDED)}
          FROM unnest(%(ids)s::uuid[], %(tags)s::text[], %(tag_scores)s::text[],
                      %(confidences)s::real[]) AS r (id, tags, scores, confidence)
         WHERE images.id = r.id
           AND images.status = 'running'
           AND images.lease = %(lease)s
        RETURNING images.id
    )
    INSERT INTO predictions (image_id, rank, class_index, score)
    SELECT finished.id, p.rank, p.class_index, p.score
      FROM unnest(%(image_ids)s::uuid[], %(ranks)s::smallint[],
                  %(class_indexes)s::smallint[], %(scores)s::real[])
               AS p (image_id, rank, class_index, score)
      JOIN finished ON finished.id = p.image_id
        ON CONFLICT (image_id, rank) DO UPDATE
       SET class_index = excluded.class_index,
           score = excluded.score
"""

# Only for images that this transaction has settled, since only those had the lease.
WRITE_EMBEDDINGS = """
    WITH settled AS (
        SELECT i.id, e.embedding::halfvec, e.sketch::halfvec
          FROM unnest(%(ids)s::uuid[], %(embeddings)s::text[], %(sketches)s::text[])
                   AS e (id, embedding, sketch)
          JOIN images AS i ON i.id = e.id
         WHERE i.status = 'done'
           AND i.classified_at = now()
    ),
    exact AS (
        INSERT INTO embeddings (image_id, embedding)
        SELECT id, embedding
          FROM settled
            ON CONFLICT (image_id) DO UPDATE
           SET embedding = excluded.embedding
    )
    INSERT INTO sketches_waiting (image_id, sketch)
    SELECT id, sketch
      FROM settled
        ON CONFLICT (image_id) DO UPDATE
       SET sketch = excluded.sketch
"""

# No version of a custom tag takes effect between scoring and the end of the transaction. Taken
# before any image is locked, as `infra.database.queries.tag_scores.publish` does.
SHARE_SCORES = "SELECT pg_advisory_xact_lock_shared(hashtext('gallery.custom_tags'))"

SCORE_IMAGES = """
    SELECT score_images(array_agg(id))
      FROM images
     WHERE id = ANY(%(ids)s)
       AND status = 'done'
       AND classified_at = now()
"""

FAIL_IMAGES = f"""
    UPDATE images
       SET {assign(failed(code="f.code", detail="f.detail"))}
      FROM unnest(%(ids)s::uuid[], %(codes)s::text[], %(details)s::text[]) AS f (id, code, detail)
     WHERE images.id = f.id
       AND images.status = 'running'
       AND images.lease = %(lease)s
"""


def settle_images(
    conn: Connection, results: BatchResults, *, lease: UUID, model: str, embeddings: bool = False
) -> int:
    """Write results and failures in one transaction and one round trip, and notify listeners.

    Args:
        conn: The connection.
        results: Results and failures of images.
        lease: The lease of the claim.
        model: Version of the model.
        embeddings: Whether the database has the tables for embeddings.

    Returns:
        The number of images settled. Images that no longer have the lease are not changed: they
        were reclaimed, and another worker is responsible for them.
    """
    with conn.pipeline():
        if embeddings:
            conn.execute(SHARE_SCORES)
        finished = conn.execute(FINISH_IMAGES, _finish_parameters(results, lease, model))
        if embeddings:
            conn.execute(WRITE_EMBEDDINGS, _embedding_parameters(results))
            conn.execute(SCORE_IMAGES, {"ids": [each.image_id for each in results.classified]})
        failures = conn.execute(
            FAIL_IMAGES,
            {
                "lease": lease,
                "ids": [each.image_id for each in results.failed],
                "codes": [each.code for each in results.failed],
                "details": [each.detail for each in results.failed],
            },
        )
        conn.execute(NOTIFY_CHANGES)
    rows_per_image = len(results.classified[0].predictions) if results.classified else 1
    return finished.rowcount // rows_per_image + failures.rowcount


def _finish_parameters(results: BatchResults, lease: UUID, model: str) -> dict[str, object]:
    rows = [
        (each.image_id, rank, scored.class_index, scored.score)
        for each in results.classified
        for rank, scored in enumerate(each.predictions, start=1)
    ]
    tags = [_ascending_tags(each) for each in results.classified]
    return {
        "lease": lease,
        "model": model,
        "ids": [each.image_id for each in results.classified],
        # Postgres arrays are rectangular, so the array of each image is passed as text.
        "tags": [_array(scored.tag for scored in each) for each in tags],
        "tag_scores": [_array(scored.score for scored in each) for each in tags],
        "confidences": [each.predictions[0].score for each in results.classified],
        "image_ids": [row[0] for row in rows],
        "ranks": [row[1] for row in rows],
        "class_indexes": [row[2] for row in rows],
        "scores": [row[3] for row in rows],
    }


def _embedding_parameters(results: BatchResults) -> dict[str, object]:
    pairs = [(each.image_id, each.embedding) for each in results.classified if each.embedding]
    return {
        "ids": [image_id for image_id, _ in pairs],
        "embeddings": [embedding.full for _, embedding in pairs],
        "sketches": [embedding.sketch for _, embedding in pairs],
    }


def _ascending_tags(classified: Classified) -> list[ScoredTag]:
    """Return all tags in ascending order of scores; equal scores in reverse order of rank."""
    classes = [ScoredTag(each.class_index, each.score) for each in classified.predictions]
    best_first = sorted((*classes, *classified.categories), key=lambda each: -each.score)
    return best_first[::-1]


def _array(numbers: Iterable[float]) -> str:
    return f"{{{','.join(map(repr, numbers))}}}"
