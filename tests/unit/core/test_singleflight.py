"""Sharing of concurrent calls by SingleFlight."""

import asyncio

import pytest

from core.singleflight import SingleFlight

pytestmark = pytest.mark.anyio


async def test_concurrent_callers_share_one_call() -> None:
    shared: SingleFlight[int] = SingleFlight()
    calls = 0

    async def function() -> int:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.05)
        return calls

    first = asyncio.create_task(shared.run(function))
    others = [asyncio.create_task(shared.run(function)) for _ in range(50)]
    await asyncio.sleep(0.01)
    first.cancel()

    # The first call ends with its caller; one of the others calls again for all of them.
    assert await asyncio.gather(*others) == [2] * 50
    assert await shared.run(function) == 3


async def test_failure_is_not_kept_for_later_callers() -> None:
    shared: SingleFlight[str] = SingleFlight()

    async def fail() -> str:
        raise LookupError("first call")

    async def succeed() -> str:
        return "second call"

    with pytest.raises(LookupError, match="first call"):
        await shared.run(fail)
    assert await shared.run(succeed) == "second call"
