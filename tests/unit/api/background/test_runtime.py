"""Runtime of background services: pauses, failures, signals and metrics."""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import cast

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from api.background.leader import Leader
from api.background.runtime import BackgroundMetrics, BackgroundRuntime, BackgroundService
from core.errors import QueueUnavailableError
from infra.database.pool import Database

pytestmark = pytest.mark.anyio


class Service(BackgroundService):
    """Service whose first runs fail with the given errors."""

    name = "example"

    def __init__(self, errors: Iterable[Exception] = (), *, interval: float = 0.01) -> None:
        super().__init__(interval=interval)
        self._errors = iter(errors)
        self.started: list[float] = []

    async def run_once(self) -> None:
        self.started.append(monotonic())
        for error in self._errors:
            raise error


class EndlessService(Service):
    """Service whose run reports success and then continues."""

    async def run_once(self) -> None:
        self.report_success()
        await asyncio.Event().wait()


class StubbornService(Service):
    """Service that swallows its first cancellation."""

    async def run_once(self) -> None:
        self.started.append(monotonic())
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(3600)


def runtime_of(
    *services: BackgroundService, registry: CollectorRegistry | None = None, backoff: float = 0.01
) -> BackgroundRuntime:
    metrics = BackgroundMetrics(registry or CollectorRegistry())
    return BackgroundRuntime(services, Leader(cast("Database", None)), metrics, backoff=backoff)


async def test_service_runs_repeatedly() -> None:
    service = Service()
    async with runtime_of(service) as runtime:
        assert [await runtime.completed("example") for _ in range(3)] == [True] * 3


async def test_wake_starts_next_run_at_once() -> None:
    service = Service(interval=3600)
    async with runtime_of(service) as runtime:
        await runtime.completed("example")
        runtime.wake("example")
        await runtime.completed("example")

    assert len(service.started) == 2


async def test_pause_doubles_after_each_failure() -> None:
    service = Service([ValueError()] * 4, interval=0.001)
    async with runtime_of(service, backoff=0.05) as runtime:
        outcomes = [await runtime.completed("example") for _ in range(5)]

    assert outcomes == [False] * 4 + [True]
    first, *_, last = [b - a for a, b in zip(service.started, service.started[1:], strict=False)]
    assert first >= 0.045
    assert last >= 0.36


async def test_wake_does_not_shorten_backoff() -> None:
    service = Service([ValueError()])
    async with runtime_of(service, backoff=0.1) as runtime:
        assert not await runtime.completed("example")
        runtime.wake("example")
        assert await runtime.completed("example")

    assert service.started[1] - service.started[0] >= 0.09


async def test_first_failure_and_recovery_are_logged() -> None:
    service = Service([ValueError("a bug"), ValueError("the same bug")])
    with capture_logs() as lines:
        async with runtime_of(service) as runtime:
            while not await runtime.completed("example"):
                pass
            await runtime.completed("example")

    assert [line["event"] for line in lines] == ["background.failed", "background.recovered"]
    assert {line["service"] for line in lines} == {"example"}
    assert lines[0]["reason"] == "a bug"
    assert lines[0]["exc_info"]


async def test_outage_is_logged_without_traceback() -> None:
    service = Service([QueueUnavailableError("Redis is unreachable.")])
    with capture_logs() as lines:
        async with runtime_of(service) as runtime:
            while not await runtime.completed("example"):
                pass

    assert lines[0]["reason"] == "Redis is unreachable."
    assert lines[0]["exc_info"] is None


async def test_runs_are_counted_by_outcome() -> None:
    registry = CollectorRegistry()
    service = Service([ValueError(), ValueError()], interval=3600)
    async with runtime_of(service, registry=registry) as runtime:
        while not await runtime.completed("example"):
            pass

    runs = "gallery_background_runs_total"
    assert registry.get_sample_value(runs, {"service": "example", "outcome": "failure"}) == 2
    assert registry.get_sample_value(runs, {"service": "example", "outcome": "success"}) == 1
    assert registry.get_sample_value(
        "gallery_background_last_success_timestamp_seconds", {"service": "example"}
    )


async def test_endless_run_can_report_success() -> None:
    async with runtime_of(EndlessService()) as runtime:
        assert await runtime.completed("example")


async def test_service_that_swallows_cancellation_is_stopped() -> None:
    service = StubbornService()
    async with runtime_of(service):
        while not service.started:  # noqa: ASYNC110 (the run does not end)
            await asyncio.sleep(0)
