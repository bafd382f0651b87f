"""Train one custom tag: learn from its examples, score the gallery, publish the result."""

import base64
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import numpy as np
from psycopg import Connection

from core.custom_tags import TagClassifier
from core.errors import DatabaseUnavailableError
from infra.database.pool import WorkerConnection
from infra.database.queries import tag_scores, teaching
from infra.database.queries.tag_scores import Scoring
from infra.database.queries.teaching import ClaimedTag, ExampleRow
from infra.telemetry.logging import get_logger
from worker.teaching.examples import Example, Examples
from worker.teaching.hints import find_hints
from worker.teaching.training import train

log = get_logger(__name__)

# Examples of each kind beyond which further ones are not read: they would only take time.
MAX_EXAMPLES = 1_000
# Seconds for putting a version into effect, which rewrites the tags of the images that changed.
_PUBLISH_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class TeachingLimits:
    """Amounts of work.

    Attributes:
        others: Random other images of a training.
        part: Images scored by one statement; 20,000 take about 50 ms.
        slice_seconds: Time after which a task ends, so that the process can classify images in
            between. The next task continues.
    """

    others: int = 300
    part: int = 20_000
    slice_seconds: float = 2.0


DEFAULT_LIMITS = TeachingLimits()


def teach_tag(
    connection: WorkerConnection, tag: int, *, model: str, limits: TeachingLimits = DEFAULT_LIMITS
) -> bool:
    """Continue or start the training of a custom tag whose examples or settings changed.

    Args:
        connection: Postgres connection of the process.
        tag: Number of the tag.
        model: Version of the loaded model.
        limits: Amounts of work.

    Returns:
        Whether a new version took effect. False if nothing was due, the lease was lost, or scoring
        has to continue in another task.

    Raises:
        DatabaseUnavailableError: Postgres is unavailable. The next task continues.
    """
    lease = uuid4()
    with connection.use() as conn:
        claimed = teaching.claim_tag(conn, tag, lease=lease)
    if claimed is None or not connection.has_embeddings:
        return False
    version, classifier = _prepare(connection, claimed, lease, model, limits)
    scoring = _scoring(claimed, version, classifier)
    if classifier and not _score_all(connection, claimed, scoring, lease, limits):
        with connection.use() as conn:
            teaching.release_tag(conn, tag, lease=lease)
        return False
    with connection.use(seconds=_PUBLISH_SECONDS) as conn:
        changed = tag_scores.publish(
            conn, scoring, lease=lease, has_classifier=classifier is not None
        )
    log.info("custom_tag.published", tag=claimed.slug, version=version, images=changed)
    return changed is not None


def retrain_for_model(connection: WorkerConnection, model: str) -> None:
    """Schedule the training of custom tags that were trained on another model."""
    try:
        with connection.use() as conn:
            teaching.retrain_for_model(conn, model)
    except DatabaseUnavailableError:
        log.warning("training.not_scheduled", reason="Postgres is unavailable")


def _prepare(
    connection: WorkerConnection,
    claimed: ClaimedTag,
    lease: UUID,
    model: str,
    limits: TeachingLimits,
) -> tuple[int, TagClassifier | None]:
    """Return the version in preparation and its classifier; train it unless that was done."""
    if claimed.next_version is not None and claimed.next_classifier is not None:
        classifier = TagClassifier.from_json(claimed.next_classifier)
        if classifier.model == model:
            return claimed.next_version, classifier
    with connection.use() as conn:
        trained = None if claimed.is_deleted else _train(conn, claimed, model, limits)
        if trained is None and not claimed.is_deleted:
            trained = _imported(claimed, model)
        fields = trained.to_json() if trained else None
        teaching.prepare(conn, claimed.tag, fields, version=claimed.revision, lease=lease)
    return claimed.revision, trained


def _imported(claimed: ClaimedTag, model: str) -> TagClassifier | None:
    """Return the classifier in effect if it was imported: this gallery has too few examples."""
    if claimed.classifier is None:
        return None
    classifier = TagClassifier.from_json(claimed.classifier)
    return classifier if classifier.imported and classifier.model == model else None


def _train(
    conn: Connection, claimed: ClaimedTag, model: str, limits: TeachingLimits
) -> TagClassifier | None:
    rows = teaching.list_examples(conn, claimed.tag, model=model, limit=MAX_EXAMPLES)
    start = hashlib.sha256(f"others of {claimed.slug}".encode()).digest()
    others = teaching.list_others(conn, claimed.tag, model=model, start=start, limit=limits.others)
    examples = Examples.collect(
        _read([row for row in rows if row.verdict == "confirmed"]),
        _read([row for row in rows if row.verdict == "rejected"]),
        _read(others),
    )
    training = train(examples)
    if training is None:
        return None
    hints = find_hints(examples)
    precision = training.precision
    return TagClassifier(
        state=training.state,
        model=model,
        weights=base64.b64encode(training.weights.astype("<f4").tobytes()).decode(),
        bias=training.bias,
        threshold=training.threshold,
        precision=(round(precision.value, 3), round(precision.low, 3), round(precision.high, 3)),
        curve=training.curve,
        similar=tuple(tuple(each.hex() for each in group) for group in hints.similar),
        contradicting=tuple(each.hex() for each in hints.contradicting),
    )


def _read(rows: Sequence[ExampleRow]) -> list[Example]:
    return [
        Example(row.sha256, np.fromstring(row.embedding[1:-1], np.float32, sep=",")) for row in rows
    ]


def _scoring(claimed: ClaimedTag, version: int, classifier: TagClassifier | None) -> Scoring:
    if classifier is None:
        return Scoring(claimed.tag, version, "", 0.0, 0.0, None)
    weights = np.frombuffer(base64.b64decode(classifier.weights), "<f4").astype(np.float64)
    length = max(float(np.linalg.norm(weights)), 1e-6)
    cutoff = claimed.chosen_threshold
    if cutoff is None:
        cutoff = classifier.threshold
    suggests_only = claimed.suggest_only or claimed.is_deleted or classifier.state == "weak"
    # Components of about 1, where `halfvec` is most exact.
    direction = weights * (np.sqrt(len(weights)) / length)
    return Scoring(
        tag=claimed.tag,
        version=version,
        weights=tag_scores.text_of(direction.tolist()),
        length=length,
        bias=classifier.bias,
        cutoff=None if suggests_only else cutoff,
    )


def _score_all(
    connection: WorkerConnection,
    claimed: ClaimedTag,
    scoring: Scoring,
    lease: UUID,
    limits: TeachingLimits,
) -> bool:
    """Score the images that have no score yet; return whether all have one."""
    deadline = time.monotonic() + limits.slice_seconds
    after = claimed.scored_to if scoring.version == claimed.next_version else None
    while True:
        with connection.use() as conn:
            after = tag_scores.score_part(
                conn, scoring, after=after, limit=limits.part, lease=lease
            )
        if after is None:
            return True
        if time.monotonic() > deadline:
            return False
