"""Train custom tags and score images: the statements of a worker.

A training is a sequence of steps, each in a transaction: claim the tag, store the classifier in
preparation, score the existing images in parts, publish. A worker that dies leaves the classifier
in preparation and the scores so far; the next claim continues there. Images, searches and the API
see the previous version until `tag_scores.publish`, which changes everything in one transaction.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

LEASE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ClaimedTag:
    """A custom tag claimed for training.

    Attributes:
        tag: Tag number.
        slug: Slug of the tag.
        revision: Number of changes so far.
        next_version: Revision in preparation, or None.
        next_classifier: Its classifier; None if the tag has too few examples.
        scored_to: Image up to which others are scored.
        classifier: Classifier in effect.
        chosen_threshold: Threshold set by a person.
        suggest_only: Whether the tag never tags images by itself.
        is_deleted: Whether the tag is deleted.
    """

    tag: int
    slug: str
    revision: int
    next_version: int | None
    next_classifier: dict[str, Any] | None
    scored_to: UUID | None
    classifier: dict[str, Any] | None
    chosen_threshold: float | None
    suggest_only: bool
    is_deleted: bool


CLAIM_TAG = f"""
    UPDATE custom_tags
       SET lease = %(lease)s,
           leased_until = now() + interval '{LEASE_SECONDS} seconds'
     WHERE tag = %(tag)s
       AND revision > version
       AND (lease IS NULL OR leased_until < now())
    RETURNING tag, slug, revision, next_version, next_classifier, scored_to, classifier,
              chosen_threshold, suggest_only, deleted_at IS NOT NULL AS is_deleted
"""


def claim_tag(conn: Connection, tag: int, *, lease: UUID) -> ClaimedTag | None:
    """Claim a tag whose examples or settings changed; None if there is nothing to do."""
    with conn.cursor(row_factory=class_row(ClaimedTag)) as cur:
        return cur.execute(CLAIM_TAG, {"tag": tag, "lease": lease}).fetchone()


RELEASE_TAG = """
    UPDATE custom_tags
       SET lease = NULL, leased_until = NULL
     WHERE tag = %(tag)s
       AND lease = %(lease)s
"""


def release_tag(conn: Connection, tag: int, *, lease: UUID) -> None:
    """End a claim, so that another worker may continue at once."""
    conn.execute(RELEASE_TAG, {"tag": tag, "lease": lease})


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """An image with its embedding in text form; verdict None for a random other image."""

    sha256: bytes
    verdict: str | None
    embedding: str


LIST_EXAMPLES = """
    SELECT v.sha256, v.verdict, e.embedding::text AS embedding
      FROM verdicts AS v
      JOIN images AS i ON i.sha256 = v.sha256
      JOIN embeddings AS e ON e.image_id = i.id
     WHERE v.tag = %(tag)s
       AND v.tag >= 10000
       AND v.verdict IS NOT NULL
       AND i.model = %(model)s
     ORDER BY v.sha256
     LIMIT %(limit)s
"""

# SHA-256 values are random, so that those next to a start are a random sample: the same one until
# the gallery changes. Read from both sides of the start, since there may be few after it.
LIST_OTHERS = """
    SELECT sha256, NULL AS verdict, embedding::text AS embedding
      FROM (SELECT i.id, i.sha256
              FROM images AS i
             WHERE i.sha256 >= %(start)s
               AND i.status = 'done'
               AND i.deleted_at IS NULL
               AND i.model = %(model)s
               AND NOT EXISTS (SELECT FROM verdicts AS v
                                WHERE v.sha256 = i.sha256
                                  AND v.tag = %(tag)s
                                  AND v.verdict IS NOT NULL)
             ORDER BY i.sha256
             LIMIT %(limit)s) AS chosen
      JOIN embeddings AS e ON e.image_id = chosen.id
"""


def list_examples(conn: Connection, tag: int, *, model: str, limit: int) -> list[ExampleRow]:
    """Return the images with a verdict on a custom tag that this model has embedded."""
    with conn.cursor(row_factory=class_row(ExampleRow)) as cur:
        cur.execute(LIST_EXAMPLES, {"tag": tag, "model": model, "limit": limit})
        return cur.fetchall()


def list_others(
    conn: Connection, tag: int, *, model: str, start: bytes, limit: int
) -> list[ExampleRow]:
    """Return random images without a verdict on a custom tag.

    Args:
        conn: The connection.
        tag: The custom tag.
        model: Version of the model that embedded them.
        start: 32 random bytes that determine the sample.
        limit: Size of the sample.
    """
    given = {"tag": tag, "model": model, "limit": limit}
    with conn.cursor(row_factory=class_row(ExampleRow)) as cur:
        found = cur.execute(LIST_OTHERS, {**given, "start": start}).fetchall()
        if len(found) < limit:
            found += cur.execute(LIST_OTHERS, {**given, "start": b""}).fetchall()
    return list({each.sha256: each for each in found}.values())[:limit]


PREPARE = """
    UPDATE custom_tags
       SET next_version = %(version)s,
           next_classifier = %(classifier)s,
           prepared_at = now(),
           scored_to = NULL
     WHERE tag = %(tag)s
       AND lease = %(lease)s
       AND version < %(version)s
"""

DROP_PREPARED_SCORES = """
    DELETE FROM custom_tag_scores AS s
     USING custom_tags AS t
     WHERE t.tag = %(tag)s
       AND t.lease = %(lease)s
       AND s.tag = t.tag
       AND s.version <> t.version
"""


def prepare(
    conn: Connection, tag: int, classifier: dict[str, Any] | None, *, version: int, lease: UUID
) -> bool:
    """Store a classifier that is not in effect yet; return whether the lease is still valid."""
    with conn.transaction():
        conn.execute(DROP_PREPARED_SCORES, {"tag": tag, "lease": lease})
        cur = conn.execute(
            PREPARE,
            {
                "tag": tag,
                "lease": lease,
                "version": version,
                "classifier": None if classifier is None else Jsonb(classifier),
            },
        )
    return cur.rowcount == 1


REVISE_FOR_MODEL = """
    UPDATE custom_tags
       SET revision = revision + 1,
           changed_at = now()
     WHERE classifier ->> 'model' <> %(model)s
       AND revision = version
"""


def retrain_for_model(conn: Connection, model: str) -> int:
    """Mark custom tags that were trained on another model; return their number."""
    return conn.execute(REVISE_FOR_MODEL, {"model": model}).rowcount
