"""Exponential backoff."""

from itertools import cycle

from core.backoff import Backoff


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 3)

    assert [backoff.next_delay() for _ in range(5)] == [0.5, 1, 2, 3, 3]
    assert backoff.failures == 5


def test_reset_starts_with_the_first_delay_again() -> None:
    backoff = Backoff(0.5, 8)
    backoff.next_delay()
    backoff.next_delay()
    backoff.reset()

    assert backoff.failures == 0
    assert backoff.next_delay() == 0.5


def test_jitter_scales_each_delay() -> None:
    backoff = Backoff(1, 4, jitter=cycle([0.25, 1.0]).__next__)

    assert [backoff.next_delay() for _ in range(4)] == [0.25, 2, 1, 4]


def test_many_failures_do_not_overflow() -> None:
    backoff = Backoff(0.5, 8)

    assert [backoff.next_delay() for _ in range(2000)][-1] == 8
