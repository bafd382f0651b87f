"""Limit on concurrent exports."""

import asyncio

import pytest

from api.concurrency import ConcurrencyLimit
from api.exports.service import Export, ExportResources
from api.tuning import Tuning
from core.errors import BusyError
from infra.database.pool import open_database
from infra.database.search.compiler import Filter
from infra.settings import Settings
from infra.storage import open_objects
from tests.integration.conftest import open_client

pytestmark = pytest.mark.anyio


async def run_export(
    settings: Settings, slots: ConcurrencyLimit, *, database_url: str | None = None
) -> bytes:
    """Return the file of a CSV export with a manifest that uses these slots."""
    objects = open_objects(settings.require_objects_url())
    url = database_url or settings.require_database_url()
    async with open_database(url, name="export") as database:
        resources = ExportResources(database, objects, slots)
        export = Export(resources, Filter(), "csv", bom=False)
        return b"".join([block async for block in export.with_manifest({})])


async def test_export_with_manifest_waits_for_slot_before_queries(settings: Settings) -> None:
    unreachable = "postgresql://gallery@127.0.0.1:1/none"
    with pytest.raises(BusyError):  # a query would raise DatabaseUnavailableError
        await run_export(
            settings, ConcurrencyLimit(0, "exports", wait_seconds=0.1), database_url=unreachable
        )


async def test_export_starts_when_slot_is_released(settings: Settings) -> None:
    slots = ConcurrencyLimit(1, "exports", wait_seconds=30)
    async with slots.enter(None):
        waiting = asyncio.create_task(run_export(settings, slots))
        await asyncio.sleep(0.3)
        assert not waiting.done()

    assert (await waiting).startswith(b"PK")


@pytest.mark.parametrize("manifest", ["false", "true"])
async def test_export_without_free_slot_returns_503(settings: Settings, manifest: str) -> None:
    tuning = Tuning(exports=0, export_wait_seconds=0.1)
    async with asyncio.timeout(10), open_client(settings, tuning=tuning) as client:
        response = await client.get("/api/v1/export", params={"manifest": manifest})

    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert "exports" in response.json()["detail"]
