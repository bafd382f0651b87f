"""Train custom tags and score images: the statements of a worker.

A training is a sequence of steps, each in a transaction: claim the tag, store the classifier in
preparation, score the existing images in parts, publish. A worker that dies leaves the classifier
in preparation and the scores so far; the next claim continues there. Images, searches and the API
see the previous version until `publish`, which changes everything in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection, Rollback
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

LEASE_SECONDS = 60
# Suggestions kept per tag.
SUGGESTIONS = 2_000
# Best images kept of each part, for suggestions.
_SUGGESTIONS_PER_PART = 500


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


@dataclass(frozen=True, slots=True)
class Scoring:
    """A classifier in the form in which Postgres scores embeddings.

    Attributes:
        tag: Tag number.
        version: Version of the scores.
        weights: Weights as text of a `halfvec`, of any length: only the direction counts.
        length: Length of the weights.
        bias: Added to the product.
        cutoff: Score from which images get the tag; None if the tag only suggests.
    """

    tag: int
    version: int
    weights: str
    length: float
    bias: float
    cutoff: float | None


_SCORE: LiteralString = (
    "custom_tag_score(embedding <=> %(weights)s::halfvec, %(length)s::real, %(bias)s::real)"
)

SCORE_PART: LiteralString = f"""
    WITH part AS MATERIALIZED (
        SELECT image_id, {_SCORE} AS score
          FROM (SELECT image_id, embedding
                  FROM embeddings
                 WHERE %(after)s::uuid IS NULL OR image_id > %(after)s
                 ORDER BY image_id
                 LIMIT %(limit)s) AS e
    ),
    kept AS (
        INSERT INTO custom_tag_scores (image_id, tag, version, score)
        SELECT image_id, %(tag)s, %(version)s, score
          FROM (SELECT image_id, score, row_number() OVER (ORDER BY score DESC) AS rank
                  FROM part) AS ranked
         WHERE rank <= {_SUGGESTIONS_PER_PART}
            OR score >= %(cutoff)s::real
            ON CONFLICT DO NOTHING
    )
    UPDATE custom_tags
       SET scored_to = (SELECT image_id FROM part ORDER BY image_id DESC LIMIT 1),
           leased_until = now() + interval '{LEASE_SECONDS} seconds'
     WHERE tag = %(tag)s
       AND lease = %(lease)s
       AND EXISTS (SELECT FROM part)
    RETURNING scored_to, (SELECT count(*) FROM part)
"""


def score_part(
    conn: Connection, scoring: Scoring, *, after: UUID | None, limit: int, lease: UUID
) -> UUID | None:
    """Score the next images in the order of their ids; return the last one, None at the end.

    Images whose scores are neither above the threshold nor among the best are not stored. If the
    lease is lost, nothing is stored and the result is None.
    """
    with conn.transaction():
        row = conn.execute(
            SCORE_PART, {**_parameters(scoring), "after": after, "limit": limit, "lease": lease}
        ).fetchone()
        if row is None:
            raise Rollback
    return row[0] if row and row[1] == limit else None


def _parameters(scoring: Scoring) -> dict[str, Any]:
    return {
        "tag": scoring.tag,
        "version": scoring.version,
        "weights": scoring.weights,
        "length": scoring.length,
        "bias": scoring.bias,
        "cutoff": scoring.cutoff,
    }


# Excludes settling of images (transitions/settle.py), which takes the same lock in shared mode: an
# image that is settled before is scored here, one that is settled later by the new version.
LOCK_SCORES = "SELECT pg_advisory_xact_lock(hashtext('gallery.custom_tags'))"

# Images that were classified while others were scored, by transactions of at most a minute.
SCORE_NEWEST: LiteralString = f"""
    INSERT INTO custom_tag_scores (image_id, tag, version, score)
    SELECT image_id, %(tag)s, %(version)s, {_SCORE}
      FROM embeddings
      JOIN images AS i ON i.id = image_id
     WHERE i.classified_at > (SELECT prepared_at - interval '1 minute'
                                FROM custom_tags
                               WHERE tag = %(tag)s)
        ON CONFLICT (image_id, tag, version) DO UPDATE
       SET score = excluded.score
"""

# Images that gain or lose the tag, or whose score changes visibly.
LIST_CHANGED: LiteralString = """
    SELECT coalesce(n.image_id, o.image_id)
      FROM (SELECT image_id, score
              FROM custom_tag_scores
             WHERE tag = %(tag)s AND version = %(version)s AND score >= %(cutoff)s::real) AS n
      FULL JOIN (SELECT s.image_id, s.score
                   FROM custom_tag_scores AS s
                   JOIN custom_tags AS t ON t.tag = s.tag AND t.version = s.version
                  WHERE s.tag = %(tag)s AND s.score >= t.cutoff) AS o
             ON o.image_id = n.image_id
     WHERE round(n.score::numeric, 2) IS DISTINCT FROM round(o.score::numeric, 2)
"""

# Images with a verdict on the tag: a deletion or restoration changes them.
LIST_DECIDED = """
    SELECT i.id
      FROM verdicts AS v
      JOIN images AS i ON i.sha256 = v.sha256
     WHERE v.tag = %(tag)s AND v.verdict IS NOT NULL AND i.status = 'done'
"""

LOCK_IMAGES = "SELECT id FROM images WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE"

PUBLISH: LiteralString = f"""
    UPDATE custom_tags
       SET version = %(version)s,
           classifier = next_classifier,
           cutoff = %(cutoff)s,
           keep_from = least(%(cutoff)s, (
               SELECT min(score)
                 FROM (SELECT score
                         FROM custom_tag_scores
                        WHERE tag = %(tag)s AND version = %(version)s
                        ORDER BY score DESC
                        LIMIT {SUGGESTIONS}) AS best)),
           next_version = NULL, next_classifier = NULL, scored_to = NULL,
           lease = NULL, leased_until = NULL
     WHERE tag = %(tag)s
       AND lease = %(lease)s
       AND next_version = %(version)s
"""

WRITE_WEIGHTS = """
    INSERT INTO custom_tag_weights (tag, weights, length, bias)
    VALUES (%(tag)s, %(weights)s::halfvec, %(length)s, %(bias)s)
        ON CONFLICT (tag) DO UPDATE
       SET weights = excluded.weights,
           length = excluded.length,
           bias = excluded.bias
"""

DROP_OTHER_SCORES = """
    DELETE FROM custom_tag_scores AS s
     USING custom_tags AS t
     WHERE t.tag = %(tag)s
       AND s.tag = t.tag
       AND (s.version <> t.version OR s.score < t.keep_from)
"""

APPLY = "SELECT apply_verdicts(%(ids)s::uuid[], false)"


def publish(conn: Connection, scoring: Scoring, *, lease: UUID, has_classifier: bool) -> int | None:
    """Put a prepared version into effect and return how many images changed.

    Returns None if the lease is lost.

    Args:
        conn: The connection.
        scoring: The prepared classifier.
        lease: The claim.
        has_classifier: False if the tag has too few examples or is deleted: no image keeps it.
    """
    given = {**_parameters(scoring), "lease": lease}
    with conn.transaction():
        conn.execute("SET LOCAL statement_timeout = '25s'")
        conn.execute(LOCK_SCORES)
        if has_classifier:
            conn.execute(SCORE_NEWEST, given)
        changed = {row[0] for row in conn.execute(LIST_CHANGED, given)}
        changed |= {row[0] for row in conn.execute(LIST_DECIDED, given)}
        conn.execute(LOCK_IMAGES, {"ids": list(changed)})
        if conn.execute(PUBLISH, given).rowcount == 0:
            return None
        if has_classifier:
            conn.execute(WRITE_WEIGHTS, given)
        conn.execute(DROP_OTHER_SCORES, given)
        conn.execute(APPLY, {"ids": list(changed)})
    return len(changed)


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


def text_of(numbers: Sequence[float]) -> str:
    """Return numbers as text of a `halfvec`."""
    return f"[{','.join(f'{number:.5g}' for number in numbers)}]"
