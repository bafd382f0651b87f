"""Fixtures of the export tests."""

from datetime import UTC, datetime

import psycopg
import pytest
from httpx2 import AsyncClient

from infra.settings import Settings
from tests.support.gallery import CAT, DOG, add, classify

NAMES = ["=1+1.jpg", "Käfer <ü>.jpg", "Käfer <ü>.jpg"]


@pytest.fixture
async def ids(client: AsyncClient, settings: Settings) -> list[str]:
    """A dog, a cat and a queued image, with equal or formula-like names; newest first."""
    ids = [await add(client, seed, name) for seed, name in enumerate(NAMES)]
    classify(settings, ids[0], DOG, {"dog": 0.97, "mammal": 0.98})
    classify(settings, ids[1], CAT, {"cat": 0.95})
    with psycopg.connect(settings.require_database_url()) as conn:
        for day, image_id in enumerate(ids, start=1):
            time = datetime(2026, 1, day, 13, 14, 15, 600_000, tzinfo=UTC)
            conn.execute("UPDATE images SET created_at = %s WHERE id = %s", (time, image_id))
        conn.execute(
            "UPDATE images SET classified_at = created_at + interval '2 min' WHERE status = 'done'"
        )
    return ids[::-1]
