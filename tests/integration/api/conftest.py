"""Fixtures of the API tests."""

from collections.abc import AsyncIterator

import pytest
from httpx2 import AsyncClient

from infra.database.pool import Database, open_database
from infra.settings import Settings
from tests.support.gallery import CAT, DOG, add, classify


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Connection pool for calls without HTTP."""
    async with open_database(settings.require_database_url(), name="test") as database:
        yield database


@pytest.fixture
async def gallery(client: AsyncClient, settings: Settings) -> dict[str, str]:
    """A dog, a cat, and an image that is still queued."""
    ids = {
        name: await add(client, seed, f"{name}.jpg")
        for seed, name in enumerate(["dog", "cat", "new"])
    }
    classify(settings, ids["dog"], DOG)
    classify(settings, ids["cat"], CAT)
    return ids
