"""Upload and classify images with the statements of the service."""

from uuid import UUID, uuid4

import psycopg
from httpx2 import AsyncClient

from core.predictions import ScoredClass, ScoredTag
from core.vocabulary import load_vocabulary
from core.vocabulary.tags import FIRST_CATEGORY
from infra.database.queries.transitions import BatchResults, Classified, claim_images, settle_images
from infra.settings import Settings
from tests.support.images import jpeg

CLASSES = {each.name: each.index for each in reversed(load_vocabulary().classes)}
CATEGORIES = {each.name: FIRST_CATEGORY + each.id for each in load_vocabulary().categories}

DOG = {"golden_retriever": 0.9, "Labrador_retriever": 0.05, "kuvasz": 0.02, "tennis_ball": 0.01,
       "collie": 0.005}  # fmt: skip
CAT = {"Egyptian_cat": 0.6, "tabby": 0.3, "tiger_cat": 0.05, "tennis_ball": 0.03, "lynx": 0.01}


async def add(client: AsyncClient, seed: int, name: str = "") -> str:
    """Upload the image of a seed and return its id."""
    files = {"files": (name or f"{seed}.jpg", jpeg(seed))}
    job = (await client.post("/api/v1/jobs", files=files)).json()
    return str(job["items"][0]["image_id"])


def classify(
    settings: Settings,
    image_id: str,
    tags: dict[str, float],
    categories: dict[str, float] | None = None,
) -> None:
    """Claim and settle an image as a worker does.

    Args:
        settings: Settings with the database URL.
        image_id: Image with status `queued`.
        tags: Score of each class, best first.
        categories: Score of each category.
    """
    lease = uuid4()
    predictions = [ScoredClass(CLASSES[name], score) for name, score in tags.items()]
    scored_categories = [
        ScoredTag(CATEGORIES[name], score) for name, score in (categories or {}).items()
    ]
    result = Classified(
        image_id=UUID(image_id), predictions=predictions, categories=scored_categories
    )
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        claimed = claim_images(
            conn, [UUID(image_id)], lease=lease, lease_for=settings.lease, worker="test"
        )
        assert len(claimed) == 1
        assert settle_images(conn, BatchResults([result]), lease=lease, model="test") == 1
