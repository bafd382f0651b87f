"""Score images with the classifiers of custom tags, and put new versions into effect.

`infra.database.queries.teaching` describes the steps of a training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection, Rollback

from infra.database.queries.teaching import LEASE_SECONDS

# Suggestions kept per tag.
SUGGESTIONS = 2_000
# Best images kept of each part, for suggestions.
_SUGGESTIONS_PER_PART = 500


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


def text_of(numbers: Sequence[float]) -> str:
    """Return numbers as text of a `halfvec`."""
    return f"[{','.join(f'{number:.5g}' for number in numbers)}]"
