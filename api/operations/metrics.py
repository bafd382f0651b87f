"""Prometheus endpoint: metrics of this process and of the gallery in Postgres."""

from collections.abc import Iterator
from itertools import accumulate

from anyio import to_thread
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from api.auth.scopes import requires
from api.dependencies import DatabaseDep, QueueDep
from api.operations.http_metrics import HttpMetricsDep
from core.errors import DatabaseUnavailableError, QueueUnavailableError
from infra.database.queries.queue_stats import LaneStatus, QueueStatus, get_lanes, get_queue_status
from infra.database.queries.stage_timings import BOUNDS, STAGES, Timing, list_timings
from infra.database.queries.webhooks import count_deliveries
from infra.database.queries.workers import Worker, list_live_workers
from infra.queue.celery import Queue

router = APIRouter(tags=["operations"])

_IMAGE_STATES = ("queued", "running", "done", "failed", "cancelled")
_DELIVERY_STATES = ("waiting", "delivered", "failed")
_WORKER_STATES = ("ready", "preparing", "no_weights", "broken")


@router.get("/metrics", operation_id="getMetrics", response_class=Response)
@requires("read")
async def get_metrics(
    database: DatabaseDep, queue: QueueDep, http_metrics: HttpMetricsDep
) -> Response:
    """Get all metrics in the Prometheus text format.

    Every API process reports the same values for the gallery and its own values for requests.
    Aggregate the former with `max` and the latter with `sum` over all processes.
    """
    registry = CollectorRegistry()
    try:
        async with database.connection() as conn:
            gallery = GalleryCollector(
                await get_queue_status(conn), await get_lanes(conn), await list_live_workers(conn)
            )
            stages = StageCollector(await list_timings(conn))
            deliveries = DeliveryCollector(await count_deliveries(conn))
    except DatabaseUnavailableError:
        registry.register(_Up("gallery_database_up", "Postgres", up=False))
    else:
        registry.register(_Up("gallery_database_up", "Postgres", up=True))
        registry.register(gallery)
        registry.register(stages)
        registry.register(deliveries)
    registry.register(_Up("gallery_redis_up", "Redis", up=await _is_redis_up(queue)))
    body = generate_latest(http_metrics.registry) + generate_latest(registry)
    return Response(body, media_type=CONTENT_TYPE_LATEST)


async def _is_redis_up(queue: Queue) -> bool:
    try:
        await to_thread.run_sync(queue.check)
    except QueueUnavailableError:
        return False
    return True


class _Up(Collector):
    def __init__(self, name: str, server: str, *, up: bool) -> None:
        self._name = name
        self._server = server
        self._up = up

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            self._name, f"1 if {self._server} responded to this scrape.", value=float(self._up)
        )


class GalleryCollector(Collector):
    """Images by state, queue depth and age by lane, and workers by state."""

    def __init__(self, status: QueueStatus, lanes: list[LaneStatus], workers: list[Worker]) -> None:
        self._status = status
        self._lanes = lanes
        self._workers = workers

    def collect(self) -> Iterator[Metric]:
        images = GaugeMetricFamily("gallery_images", "Images by state.", labels=["state"])
        for state in _IMAGE_STATES:
            images.add_metric([state], getattr(self._status, state))
        yield images
        depth = GaugeMetricFamily(
            "gallery_queue_images", "Images that wait for classification.", labels=["lane"]
        )
        age = GaugeMetricFamily(
            "gallery_queue_oldest_age_seconds", "Age of the oldest waiting image.", labels=["lane"]
        )
        for lane in self._lanes:
            depth.add_metric([lane.lane], lane.images)
            age.add_metric([lane.lane], lane.oldest_seconds)
        yield depth
        yield age
        alive = GaugeMetricFamily(
            "gallery_workers", "Worker processes with a recent heartbeat.", labels=["state"]
        )
        for state in _WORKER_STATES:
            alive.add_metric([state], sum(worker.state == state for worker in self._workers))
        yield alive


class DeliveryCollector(Collector):
    """Webhook deliveries by state."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        deliveries = GaugeMetricFamily(
            "gallery_webhook_deliveries", "Webhook deliveries of the last week.", labels=["state"]
        )
        for state in _DELIVERY_STATES:
            deliveries.add_metric([state], self._counts.get(state, 0))
        yield deliveries


class StageCollector(Collector):
    """Duration histogram of the batch pipeline, summed over all workers since installation."""

    def __init__(self, timings: list[Timing]) -> None:
        self._timings = {(each.stage, each.upper_bound): each for each in timings}

    def collect(self) -> Iterator[Metric]:
        durations = HistogramMetricFamily(
            "gallery_worker_stage_duration_seconds",
            "Duration of the stages of classification. `claim` and `write` run once per message.",
            labels=["stage"],
        )
        for stage in STAGES:
            found = [self._timings.get((stage, bound)) for bound in BOUNDS]
            cumulative = accumulate(each.times if each else 0 for each in found)
            durations.add_metric(
                [stage],
                buckets=list(zip(map(floatToGoString, BOUNDS), cumulative, strict=True)),
                sum_value=sum(each.seconds for each in found if each),
            )
        yield durations
