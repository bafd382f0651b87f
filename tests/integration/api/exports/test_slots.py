"""Limit on concurrent exports."""

import asyncio
from typing import Literal

import pytest
from httpx import AsyncClient

from tests.support.exports import export

pytestmark = pytest.mark.anyio


async def test_export_with_manifest_waits_for_slot_before_queries(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[object] = []
    monkeypatch.setattr("api.exports.slots._slots", asyncio.Semaphore(0))
    monkeypatch.setattr("api.exports.formats.list_models", lambda *_: queries.append(1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await export(client, manifest="true")

    assert queries == []


async def test_export_starts_when_slot_is_released(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = asyncio.Event()

    class Slots(asyncio.Semaphore):
        async def acquire(self) -> Literal[True]:
            requested.set()
            return await super().acquire()

    slots = Slots(0)
    monkeypatch.setattr("api.exports.slots._slots", slots)
    waiting = asyncio.create_task(export(client))
    await requested.wait()
    assert not waiting.done()
    slots.release()

    assert (await waiting).text.startswith("ID,Name")


@pytest.mark.parametrize("manifest", ["false", "true"])
async def test_export_without_free_slot_returns_503(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, manifest: str
) -> None:
    monkeypatch.setattr("api.exports.slots._slots", asyncio.Semaphore(0))
    monkeypatch.setattr("api.exports.slots.SLOT_SECONDS", 0.1)
    async with asyncio.timeout(4):
        response = await client.get("/api/v1/export", params={"manifest": manifest})

    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert "exports" in response.json()["detail"]
