"""A gallery of images with made-up embeddings, and verdicts on a custom tag."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray

from core.ids import new_id
from core.predictions import Embedding, ScoredClass
from infra.database.queries.transitions import BatchResults, Classified, claim_images, settle_images
from infra.database.vectors import write_vector
from infra.settings import Settings
from tests.support.factories import submit_rows

MODEL = "test"
_TAG = np.random.default_rng(1).normal(size=1280).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Taught:
    """Ids of images with and without the look of a tag."""

    showing: Sequence[UUID]
    others: Sequence[UUID]


def embedding(seed: int, *, shows: bool) -> NDArray[np.float32]:
    """Return an embedding, similar to all others with the same `shows`."""
    noise = np.random.default_rng([seed, 5]).normal(size=1280).astype(np.float32)
    return noise + _TAG * np.float32(0.8 if shows else 0)


async def fill(settings: Settings, *, showing: int, others: int, name: str = "image") -> Taught:
    """Submit and settle images as a worker does."""
    url = settings.require_database_url()
    count = showing + others
    submitted = await submit_rows(url, *(f"{name} {number}" for number in range(count)))
    ids = submitted.image_ids
    settle(settings, [(each, number < showing) for number, each in enumerate(ids)])
    return Taught(ids[:showing], ids[showing:])


def settle(settings: Settings, images: Sequence[tuple[UUID, bool]]) -> None:
    """Classify queued images; those that show the tag get a fitting embedding."""
    lease = new_id()
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        ids = [image_id for image_id, _ in images]
        claim_images(conn, ids, lease=lease, lease_for=settings.lease, worker="test")
        results = [
            _result(image_id, 1000 * len(images) + number, shows=shows)
            for number, (image_id, shows) in enumerate(images)
        ]
        settle_images(conn, BatchResults(results), lease=lease, model=MODEL, embeddings=True)


def _result(image_id: UUID, seed: int, *, shows: bool) -> Classified:
    vector = embedding(seed, shows=shows)
    return Classified(
        image_id=image_id,
        predictions=[ScoredClass(index, 0.2 - index / 100) for index in range(5)],
        embedding=Embedding(write_vector(vector), write_vector(vector[:256])),
    )
