"""Limits on concurrent requests, shared between clients."""

from contextlib import AsyncExitStack

import anyio
import pytest

from api.concurrency import ConcurrencyLimit
from core.errors import BusyError

pytestmark = pytest.mark.anyio


async def take_all(stack: AsyncExitStack, slots: ConcurrencyLimit, client: str | None) -> int:
    """Occupy slots until the limit refuses, and return their number."""
    count = 0
    while True:
        try:
            await stack.enter_async_context(slots.enter(client))
        except BusyError:
            return count
        count += 1


async def test_one_client_leaves_slots_for_others() -> None:
    """Finding S8."""
    slots = ConcurrencyLimit(32, "uploads")
    async with AsyncExitStack() as stack:
        assert await take_all(stack, slots, "a") == 22
        assert await take_all(stack, slots, "b") == 7
        assert await take_all(stack, slots, "c") == 2


async def test_local_programs_without_a_key_may_use_all_slots() -> None:
    slots = ConcurrencyLimit(32, "uploads")
    async with AsyncExitStack() as stack:
        assert await take_all(stack, slots, None) == 32
        assert slots.is_crowded
    assert not slots.is_crowded


async def test_refusal_names_what_is_limited() -> None:
    slots = ConcurrencyLimit(0, "exports")
    with pytest.raises(BusyError, match="Too many exports in progress"):
        async with slots.enter(None):
            pass


async def test_waiting_client_gets_the_released_slot() -> None:
    slots = ConcurrencyLimit(1, "exports", wait_seconds=30)
    order = []

    async def hold(name: str) -> None:
        async with slots.enter(name):
            order.append(f"{name} begins")
            await anyio.sleep(0.05)
            order.append(f"{name} ends")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hold, "a")
        tasks.start_soon(hold, "b")

    assert order == ["a begins", "a ends", "b begins", "b ends"]
