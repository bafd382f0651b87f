"""Runtime of the background services of an API process."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import ClassVar, Self

from prometheus_client import CollectorRegistry, Counter, Gauge

from api.background.leader import Leader
from core.errors import UnavailableError
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# Seconds before the second attempt of a failed run. The pause doubles with each further failure, up
# to MAX_BACKOFF_SECONDS or the interval of the service.
BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 5.0
# Each pause is varied by this share, so that processes started together do not run in step.
_JITTER = 0.1


class BackgroundService(ABC):
    """Work that an API process repeats beside its requests.

    Attributes:
        name: Label in logs and metrics.
        leader_only: Whether only one API process at a time runs the service.
        interval: Seconds between two runs. The service may change it during a run.
        woken: Set when the next run should start without waiting for the interval.
        report_success: Counts the current run as successful before it ends. For services with runs
            of unlimited duration.
    """

    name: ClassVar[str]
    leader_only: ClassVar[bool] = False

    def __init__(self, *, interval: float) -> None:
        self.interval = interval
        self.woken = asyncio.Event()
        self.report_success: Callable[[], None] = lambda: None

    def wake(self) -> None:
        """Start the next run at once, or after the current run or the backoff."""
        self.woken.set()

    @abstractmethod
    async def run_once(self) -> None:
        """Do the work that is due. The runtime handles every error."""


class BackgroundMetrics:
    """Prometheus metrics of the background services."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs = Counter(
            "gallery_background_runs_total",
            "Runs of background services.",
            ["service", "outcome"],
            registry=registry,
        )
        self._last_success = Gauge(
            "gallery_background_last_success_timestamp_seconds",
            "Unix time of the last successful run of a background service.",
            ["service"],
            registry=registry,
        )

    def observe_run(self, service: str, *, succeeded: bool) -> None:
        """Count a run."""
        self._runs.labels(service, "success" if succeeded else "failure").inc()
        if succeeded:
            self._last_success.labels(service).set_to_current_time()


class BackgroundRuntime:
    """Runs services as tasks between entering and leaving the context."""

    def __init__(
        self,
        services: Sequence[BackgroundService],
        leader: Leader,
        metrics: BackgroundMetrics,
        *,
        backoff: float = BACKOFF_SECONDS,
    ) -> None:
        self._loops = {each.name: _Loop(each, leader, metrics, backoff) for each in services}
        self._leader = leader
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._tasks = {asyncio.create_task(each.run()) for each in self._loops.values()}
        return self

    async def __aexit__(self, *_: object) -> None:
        # One cancellation is not always enough: a wait for a connection of the pool may swallow it.
        running = self._tasks
        while running:
            for task in running:
                task.cancel()
            running = (await asyncio.wait(running, timeout=1))[1]
        await self._leader.resign()

    def wake(self, name: str) -> None:
        """Start the next run of a service at once, or after its current run or backoff."""
        self._loops[name].service.wake()

    async def completed(self, name: str) -> bool:
        """Wait for the next run of a service that starts after this call.

        Returns:
            Whether the run succeeded.
        """
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._loops[name].waiting.append(future)
        return await future


class _Loop:
    """Endless loop of one service."""

    def __init__(
        self,
        service: BackgroundService,
        leader: Leader,
        metrics: BackgroundMetrics,
        backoff: float,
    ) -> None:
        self.service = service
        self.waiting: list[asyncio.Future[bool]] = []
        self._waiting_for_run: list[asyncio.Future[bool]] = []
        self._leader = leader
        self._metrics = metrics
        self._backoff = backoff
        self._failures = 0
        service.report_success = self._succeed

    async def run(self) -> None:
        while True:
            self.service.woken.clear()
            self._waiting_for_run += self.waiting
            self.waiting = []
            try:
                if self.service.leader_only and not await self._leader.acquire():
                    self._recover()
                else:
                    await self.service.run_once()
                    self._succeed()
            except Exception as error:  # noqa: BLE001 (the next run may succeed)
                self._fail(error)
            await self._pause()

    async def _pause(self) -> None:
        jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 (not for security)
        if self._failures:
            backoff = self._backoff * 2 ** min(self._failures - 1, 16)
            limit = max(MAX_BACKOFF_SECONDS, self.service.interval)
            await asyncio.sleep(jitter * min(backoff, limit))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(jitter * self.service.interval):
                await self.service.woken.wait()

    def _succeed(self) -> None:
        self._recover()
        self._observe(succeeded=True)

    def _recover(self) -> None:
        if self._failures:
            log.info("background.recovered", service=self.service.name)
        self._failures = 0

    def _fail(self, error: Exception) -> None:
        self._failures += 1
        if self._failures == 1:
            is_outage = isinstance(error, UnavailableError)
            (log.warning if is_outage else log.error)(
                "background.failed",
                service=self.service.name,
                reason=str(error.__cause__ or error).strip(),
                exc_info=None if is_outage else error,
            )
        self._observe(succeeded=False)

    def _observe(self, *, succeeded: bool) -> None:
        self._metrics.observe_run(self.service.name, succeeded=succeeded)
        for future in self._waiting_for_run:
            if not future.done():
                future.set_result(succeeded)
        self._waiting_for_run = []
