"""Minimum rate of transfers."""

import asyncio

import pytest

from api.slow_client import MinimumRate, SlowClientError, SlowClientGuard, TransferClock

MINIMUM = MinimumRate(
    stall_seconds=10.0, bytes_per_second=100, crowded_bytes_per_second=1000, total_seconds=50.0
)


def test_client_at_the_minimum_rate_may_continue() -> None:
    clock = TransferClock(MINIMUM)
    for _ in range(9):
        clock.count(500, seconds=5.0)

    assert clock.seconds_left() == 5.0  # 50 s in total


def test_client_below_the_minimum_rate_is_late_after_the_allowance() -> None:
    clock = TransferClock(MINIMUM)
    clock.count(400, seconds=10.0)
    assert clock.seconds_left() == 4.0
    clock.count(50, seconds=5.0)
    assert clock.seconds_left() < 0


def test_higher_minimum_applies_to_the_whole_transfer_while_crowded() -> None:
    """Finding S8."""
    clock = TransferClock(MINIMUM)
    clock.count(2000, seconds=20.0)

    assert clock.seconds_left() == 10.0
    assert clock.seconds_left(crowded=True) == -8.0


def test_transfer_has_a_deadline_at_any_rate() -> None:
    """Finding S8."""
    clock = TransferClock(MINIMUM)
    clock.count(1_000_000, seconds=50.0)

    assert clock.seconds_left() == 0


@pytest.mark.anyio
async def test_client_without_progress_is_slow() -> None:
    guard = SlowClientGuard(MinimumRate(stall_seconds=0.05, bytes_per_second=1))
    with pytest.raises(SlowClientError):
        await guard.wait_for(asyncio.sleep(10))
