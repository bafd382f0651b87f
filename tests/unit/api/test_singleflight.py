import asyncio

import pytest

from api.singleflight import SingleFlight

pytestmark = pytest.mark.anyio


async def test_those_who_ask_together_share_one_answer() -> None:
    shared: SingleFlight[int] = SingleFlight()
    times = 0

    async def work() -> int:
        nonlocal times
        times += 1
        await asyncio.sleep(0.05)
        return times

    first = asyncio.create_task(shared.run(work))
    others = [asyncio.create_task(shared.run(work)) for _ in range(50)]
    await asyncio.sleep(0.01)
    first.cancel()

    assert await asyncio.gather(*others) == [1] * 50
    assert await shared.run(work) == 2


async def test_a_failure_is_shared_and_then_forgotten() -> None:
    shared: SingleFlight[str] = SingleFlight()

    async def fail() -> str:
        raise LookupError("away")

    async def succeed() -> str:
        return "well"

    with pytest.raises(LookupError, match="away"):
        await shared.run(fail)
    assert await shared.run(succeed) == "well"
