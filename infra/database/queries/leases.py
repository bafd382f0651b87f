"""A worker's verbs: claim, renew, settle, release. All guarded by the lease.

A claim gives the pictures of one message a common lease. Whatever a worker writes later is
written only where that lease still stands, so a worker that stalled past it changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from core.predictions import Embedding, ScoredClass, ScoredTag

# Everyone who waits for a job listens here; the payload is empty because listeners look for
# themselves.
CHANGES_CHANNEL = "gallery_changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedImage:
    """A picture that this worker, and nobody else, is to classify now."""

    id: UUID
    sha256: bytes
    media_type: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """A picture's result: its best classes and the categories it shows, each best first."""

    image_id: UUID
    predictions: Sequence[ScoredClass]
    categories: Sequence[ScoredTag] = ()
    embedding: Embedding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A picture that cannot be classified, and why."""

    image_id: UUID
    code: str
    detail: str


@dataclass(slots=True)
class BatchResults:
    """What is known so far of the pictures under one lease."""

    classified: list[Classified] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.classified) + len(self.failed)

    def image_ids(self) -> set[UUID]:
        return {each.image_id for each in self.classified} | {each.image_id for each in self.failed}


# A picture that was held before when its worker vanished is taken only alone: if it kills again,
# it has no company.
CLAIM_IMAGES = """
    UPDATE images
       SET status = 'running',
           attempts = attempts + 1,
           lease = %(lease)s,
           leased_until = now() + %(lease_for)s,
           worker = %(worker)s,
           changed_at = now()
     WHERE id IN (
               SELECT id
                 FROM images
                WHERE id = ANY(%(ids)s)
                  AND status = 'queued'
                  AND (attempts = 0 OR %(alone)s)
                ORDER BY id
                  FOR UPDATE SKIP LOCKED)
    RETURNING id, sha256, media_type, attempts
"""


def claim_images(
    conn: Connection, ids: Sequence[UUID], *, lease: UUID, lease_for: timedelta, worker: str
) -> list[ClaimedImage]:
    """Take those of the pictures that still wait, in a worker's name, and count the attempt.

    Delivered twice, a message claims nothing the second time.
    """
    with conn.cursor(row_factory=class_row(ClaimedImage)) as cur:
        cur.execute(
            CLAIM_IMAGES,
            {
                "ids": list(ids),
                "alone": len(ids) == 1,
                "lease": lease,
                "lease_for": lease_for,
                "worker": worker,
            },
        )
        return cur.fetchall()


RENEW_LEASE = """
    UPDATE images
       SET leased_until = now() + %(lease_for)s
     WHERE id = ANY(%(ids)s)
       AND status = 'running'
       AND lease = %(lease)s
"""


def renew_lease(
    conn: Connection, ids: Sequence[UUID], *, lease: UUID, lease_for: timedelta
) -> None:
    """Hold the pictures a while longer, those of them that are still held."""
    conn.execute(RENEW_LEASE, {"ids": list(ids), "lease": lease, "lease_for": lease_for})


# State and results in one statement: there is no moment in which a picture is done without its
# predictions. A picture classified before (by another model) has its rows overwritten.
FINISH_IMAGES = """
    WITH finished AS (
        UPDATE images
           SET status = 'done',
               model = %(model)s,
               tags = r.tags::smallint[],
               scores = r.scores::real[],
               confidence = r.confidence,
               classified_at = now(),
               changed_at = now(),
               lease = NULL,
               leased_until = NULL
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

# Guarded like the result itself: only what this transaction has made done.
WRITE_EMBEDDINGS = """
    WITH settled AS (
        SELECT i.id, e.embedding::halfvec, e.sketch::halfvec
          FROM unnest(%(ids)s::uuid[], %(embeddings)s::text[], %(sketches)s::text[])
                   AS e (id, embedding, sketch)
          JOIN images AS i ON i.id = e.id
         WHERE i.status = 'done'
           AND i.classified_at = now()
    ),
    full_ones AS (
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

FAIL_IMAGES = """
    UPDATE images
       SET status = 'failed',
           failure_code = f.code,
           failure_detail = f.detail,
           changed_at = now(),
           lease = NULL,
           leased_until = NULL
      FROM unnest(%(ids)s::uuid[], %(codes)s::text[], %(details)s::text[]) AS f (id, code, detail)
     WHERE images.id = f.id
       AND images.status = 'running'
       AND images.lease = %(lease)s
"""

NOTIFY_CHANGES = "SELECT pg_notify(%(channel)s, '')"


def settle_images(
    conn: Connection, outcomes: BatchResults, *, lease: UUID, model: str, embeddings: bool = False
) -> int:
    """Write results and failures in one round trip and one transaction; wake those who wait.

    Returns how many pictures changed; fewer than given means that the lease was lost for the
    rest, and that somebody else answers for them.
    """
    with conn.pipeline():
        finished = conn.execute(FINISH_IMAGES, _finish_parameters(outcomes, lease, model))
        if embeddings:
            conn.execute(WRITE_EMBEDDINGS, _embedding_parameters(outcomes))
        failed = conn.execute(
            FAIL_IMAGES,
            {
                "lease": lease,
                "ids": [each.image_id for each in outcomes.failed],
                "codes": [each.code for each in outcomes.failed],
                "details": [each.detail for each in outcomes.failed],
            },
        )
        conn.execute(NOTIFY_CHANGES, {"channel": CHANGES_CHANNEL})
    rows_per_image = len(outcomes.classified[0].predictions) if outcomes.classified else 1
    return finished.rowcount // rows_per_image + failed.rowcount


def _finish_parameters(outcomes: BatchResults, lease: UUID, model: str) -> dict[str, object]:
    rows = [
        (each.image_id, rank, scored.class_index, scored.score)
        for each in outcomes.classified
        for rank, scored in enumerate(each.predictions, start=1)
    ]
    tags = [_ascending_tags(each) for each in outcomes.classified]
    return {
        "lease": lease,
        "model": model,
        "ids": [each.image_id for each in outcomes.classified],
        # Postgres arrays are rectangular, so one array for each picture travels as text.
        "tags": [_array(scored.tag for scored in each) for each in tags],
        "tag_scores": [_array(scored.score for scored in each) for each in tags],
        "confidences": [each.predictions[0].score for each in outcomes.classified],
        "image_ids": [row[0] for row in rows],
        "ranks": [row[1] for row in rows],
        "class_indexes": [row[2] for row in rows],
        "scores": [row[3] for row in rows],
    }


def _embedding_parameters(outcomes: BatchResults) -> dict[str, object]:
    known = [(each.image_id, each.embedding) for each in outcomes.classified if each.embedding]
    return {
        "ids": [image_id for image_id, _ in known],
        "embeddings": [embedding.full for _, embedding in known],
        "sketches": [embedding.sketch for _, embedding in known],
    }


def _ascending_tags(classified: Classified) -> list[ScoredTag]:
    """All tags, lowest score first. Backwards, classes with equal scores stand in their order."""
    classes = [ScoredTag(each.class_index, each.score) for each in classified.predictions]
    best_first = sorted((*classes, *classified.categories), key=lambda each: -each.score)
    return best_first[::-1]


def _array(numbers: Iterable[float]) -> str:
    return f"{{{','.join(map(repr, numbers))}}}"


# The announcement is dated so that the sweeper calls again after the delay. What comes back as a
# suspect keeps its attempt, and is claimed only alone from now on.
RELEASE_IMAGES = """
    UPDATE images
       SET status = 'queued',
           attempts = attempts - CASE WHEN %(suspect)s THEN 0 ELSE 1 END,
           announced_at = now() + %(delay)s - interval '10 seconds',
           announcements = 0,
           lease = NULL,
           leased_until = NULL,
           changed_at = now()
     WHERE id = ANY(%(ids)s)
       AND status = 'running'
       AND lease = %(lease)s
"""


def release_images(
    conn: Connection,
    ids: Sequence[UUID],
    *,
    lease: UUID,
    delay: timedelta = timedelta(0),
    suspect: bool = False,
) -> None:
    """Give pictures back unclassified; unless suspect, through no fault of theirs."""
    conn.execute(
        RELEASE_IMAGES, {"ids": list(ids), "lease": lease, "delay": delay, "suspect": suspect}
    )
