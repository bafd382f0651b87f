"""Metrics for Prometheus: this process's requests, and the gallery as Postgres knows it."""

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.dependencies import ServiceDep
from api.measures import Measures
from infra.database.status import LaneStatus, QueueStatus, get_lanes, get_queue_status
from infra.database.workers import Worker, list_alive
from infra.errors import DatabaseUnavailableError

router = APIRouter(tags=["operations"])

_IMAGE_STATES = ("queued", "running", "done", "failed", "cancelled")
_WORKER_STATES = ("ready", "preparing", "no_weights", "broken")


@router.get("/metrics", operation_id="getMetrics", response_class=Response)
async def get_metrics(request: Request, service: ServiceDep) -> Response:
    """Everything measured, in Prometheus' text format.

    Every API process tells the same of the gallery and its own of requests: take the maximum of
    the former over all of them, and the sum of the latter.
    """
    measures: Measures = request.app.state.measures
    registry = CollectorRegistry()
    try:
        async with service.database.connection() as conn:
            gallery = GalleryCollector(
                await get_queue_status(conn), await get_lanes(conn), await list_alive(conn)
            )
    except DatabaseUnavailableError:
        registry.register(_Up(up=False))
    else:
        registry.register(_Up(up=True))
        registry.register(gallery)
    body = generate_latest(measures.registry) + generate_latest(registry)
    return Response(body, media_type=CONTENT_TYPE_LATEST)


class _Up(Collector):
    def __init__(self, *, up: bool) -> None:
        self._up = up

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "gallery_database_up", "1 where Postgres answered this scrape.", value=float(self._up)
        )


class GalleryCollector(Collector):
    """One reading of the gallery."""

    def __init__(self, status: QueueStatus, lanes: list[LaneStatus], workers: list[Worker]) -> None:
        self._status = status
        self._lanes = lanes
        self._workers = workers

    def collect(self) -> Iterator[Metric]:
        images = GaugeMetricFamily("gallery_images", "Pictures by state.", labels=["state"])
        for state in _IMAGE_STATES:
            images.add_metric([state], getattr(self._status, state))
        yield images
        depth = GaugeMetricFamily("gallery_queue_images", "Pictures that wait.", labels=["lane"])
        age = GaugeMetricFamily(
            "gallery_queue_oldest_age_seconds", "How long the oldest has waited.", labels=["lane"]
        )
        for lane in self._lanes:
            depth.add_metric([lane.lane], lane.pictures)
            age.add_metric([lane.lane], lane.oldest_seconds)
        yield depth
        yield age
        alive = GaugeMetricFamily(
            "gallery_workers", "Worker processes heard of lately, by state.", labels=["state"]
        )
        for state in _WORKER_STATES:
            alive.add_metric([state], sum(worker.state == state for worker in self._workers))
        yield alive
