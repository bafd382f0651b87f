"""Resources and background services of an API process, from start to shutdown."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypedDict

from anyio import to_thread

from api.auth.open_access import OpenAccess
from api.auth.rate_limit import RateLimiter
from api.background.cleanup import Cleanup
from api.background.leader import Leader
from api.background.publisher import Publisher
from api.background.runtime import BackgroundMetrics, BackgroundRuntime, BackgroundService
from api.background.search_maintenance import SearchMaintenance
from api.background.sweeper import Sweeper
from api.dependencies import Service
from api.exports.service import ExportResources
from api.exports.slots import ExportSlots
from api.images.service import ImageSearch
from api.jobs.listener import JobListener
from api.tuning import Tuning
from api.uploads.concurrency import ConcurrencyLimit
from api.webhooks.dispatcher import WebhookDispatcher
from core.webhook_signatures import read_secret
from infra.database.pool import Database, open_database
from infra.database.snapshot_cache import SnapshotCache
from infra.queue.celery import Queue
from infra.queue.counters import Counters
from infra.settings import Settings
from infra.storage import open_objects
from infra.telemetry.tracing import open_traces


class State(TypedDict):
    """Lifespan state, available to requests as `request.state`."""

    service: Service


@asynccontextmanager
async def open_service(
    settings: Settings, tuning: Tuning, metrics: BackgroundMetrics
) -> AsyncIterator[Service]:
    """Open all resources, run the background services, and close everything at the end."""
    database_url = settings.require_database_url()
    objects = open_objects(settings.require_objects_url())
    queue = Queue(settings)
    publisher = Publisher(queue, chunk_size=settings.chunk_size)
    job_listener = JobListener(database_url)
    counters = Counters(settings)
    snapshot_cache = SnapshotCache()
    export_slots = ExportSlots(tuning.exports, wait_seconds=tuning.export_wait_seconds)
    rate_limiter = RateLimiter(settings, counters)
    async with AsyncExitStack() as stack:
        stack.callback(queue.close)
        stack.callback(counters.close)
        traces = open_traces(settings, "gallery-api")
        if traces:
            stack.push_async_callback(to_thread.run_sync, traces.close)
        database = await stack.enter_async_context(
            open_database(database_url, name="api", query_seconds=tuning.query_seconds)
        )
        leader = Leader(database)
        services: list[BackgroundService] = [
            publisher,
            job_listener,
            rate_limiter,
            Sweeper(settings, leader, queue),
            Cleanup(database, objects, retention=settings.trash_retention),
            SearchMaintenance(database),
            *_webhook_dispatcher(settings, database),
        ]
        background = await stack.enter_async_context(BackgroundRuntime(services, leader, metrics))
        yield Service(
            settings=settings,
            database=database,
            snapshot_cache=snapshot_cache,
            objects=objects,
            image_search=ImageSearch(database, snapshot_cache, tuning.search),
            exports=ExportResources(database, objects, export_slots, tuning.download_rate),
            queue=queue,
            publisher=publisher,
            job_listener=job_listener,
            upload_slots=ConcurrencyLimit(settings.max_uploads_in_flight),
            open_access=OpenAccess(database),
            rate_limiter=rate_limiter,
            background=background,
            traces=traces,
        )


def _webhook_dispatcher(settings: Settings, database: Database) -> Iterator[WebhookDispatcher]:
    """Yield a dispatcher if a signing secret is set."""
    if settings.webhook_secret:
        key = read_secret(settings.webhook_secret.get_secret_value())
        yield WebhookDispatcher(database, key, allow_private=settings.webhook_private)
