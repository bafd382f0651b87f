"""Resources and background services of an API process, from start to shutdown."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypedDict

from anyio import to_thread

from api.auth.access_control import AccessControl
from api.auth.open_access import OpenAccess
from api.auth.rate_limit import RateLimiter
from api.background.audit_trail import AuditTrail
from api.background.cleanup import Cleanup
from api.background.leader import Leader
from api.background.publisher import Publisher
from api.background.runtime import BackgroundMetrics, BackgroundRuntime, BackgroundService
from api.background.search_maintenance import SearchMaintenance
from api.background.sweeper import Sweeper
from api.background.training import TagTraining
from api.concurrency import ConcurrencyLimit
from api.exports.service import ExportResources
from api.jobs.listener import JobListener
from api.operations.health import ReadinessProbe
from api.operations.http_metrics import HttpMetrics
from api.search.parsing import SearchParser
from api.search.planner import SearchPlanner
from api.server.connections import ConnectionTable
from api.tuning import Tuning
from api.uploads.inspection.pool import InspectorPool
from api.uploads.service import Submissions
from api.webhooks.dispatcher import WebhookDispatcher
from core.singleflight import SingleFlight
from core.webhook_signatures import read_secret
from infra.database.pool import Database, open_database
from infra.database.snapshot_cache import SnapshotCache
from infra.queue.celery import Queue
from infra.queue.counters import Counters
from infra.settings import Settings
from infra.storage import ObjectStore, open_objects
from infra.telemetry.spans import Traces
from infra.telemetry.tracing import open_traces


class State(TypedDict):
    """Lifespan state: the resources of the process, available to requests as `request.state`."""

    settings: Settings
    database: Database
    snapshot_cache: SnapshotCache
    search_planner: SearchPlanner
    search_parser: SearchParser
    exports: ExportResources
    storage: ObjectStore
    queue: Queue
    access_control: AccessControl
    audit_trail: AuditTrail
    upload_slots: ConcurrencyLimit
    download_slots: ConcurrencyLimit
    long_poll_slots: ConcurrencyLimit
    connections: ConnectionTable
    submissions: Submissions
    job_listener: JobListener
    readiness_probe: ReadinessProbe
    http_metrics: HttpMetrics
    background: BackgroundRuntime
    traces: Traces | None


@asynccontextmanager
async def open_resources(
    settings: Settings, tuning: Tuning, http_metrics: HttpMetrics
) -> AsyncIterator[State]:
    """Open all resources, run the background services, and close everything at the end."""
    database_url = settings.require_database_url()
    storage = open_objects(settings.require_objects_url())
    queue = Queue(settings)
    publisher = Publisher(queue, chunk_size=settings.chunk_size)
    job_listener = JobListener(database_url)
    counters = Counters(settings)
    snapshot_cache = SnapshotCache()
    export_slots = ConcurrencyLimit(
        tuning.exports, "exports", wait_seconds=tuning.export_wait_seconds
    )
    rate_limiter = RateLimiter(settings, counters)
    inspectors = InspectorPool()
    async with AsyncExitStack() as stack:
        stack.callback(queue.close)
        stack.callback(counters.close)
        stack.callback(inspectors.close)
        traces = open_traces(settings, "gallery-api")
        if traces:
            stack.push_async_callback(to_thread.run_sync, traces.close)
        database = await stack.enter_async_context(
            open_database(database_url, name="api", query_seconds=tuning.query_seconds)
        )
        audit_trail = AuditTrail(database)
        stack.push_async_callback(audit_trail.close)
        leader = Leader(database)
        services: list[BackgroundService] = [
            publisher,
            job_listener,
            rate_limiter,
            audit_trail,
            Sweeper(settings, leader, queue),
            Cleanup(
                database,
                storage,
                retention=settings.trash_retention,
                audit_retention=settings.audit_retention,
            ),
            SearchMaintenance(database),
            TagTraining(leader, queue),
        ]
        for dispatcher in _webhook_dispatcher(settings, database):
            services.append(dispatcher)
            stack.push_async_callback(dispatcher.close)
        metrics = BackgroundMetrics(http_metrics.registry)
        background = await stack.enter_async_context(BackgroundRuntime(services, leader, metrics))
        yield State(
            settings=settings,
            database=database,
            snapshot_cache=snapshot_cache,
            search_planner=SearchPlanner(database, snapshot_cache, tuning.search),
            search_parser=SearchParser(database, snapshot_cache),
            exports=ExportResources(database, storage, export_slots),
            storage=storage,
            queue=queue,
            access_control=AccessControl(
                settings, database, OpenAccess(database), rate_limiter, audit_trail
            ),
            audit_trail=audit_trail,
            upload_slots=ConcurrencyLimit(settings.max_uploads_in_flight, "uploads"),
            download_slots=ConcurrencyLimit(settings.max_downloads_in_flight, "downloads"),
            long_poll_slots=ConcurrencyLimit(settings.max_long_polls, "long polls"),
            connections=ConnectionTable(settings),
            submissions=Submissions(settings, database, storage, publisher, inspectors),
            job_listener=job_listener,
            readiness_probe=SingleFlight(),
            http_metrics=http_metrics,
            background=background,
            traces=traces,
        )


def _webhook_dispatcher(settings: Settings, database: Database) -> Iterator[WebhookDispatcher]:
    """Yield a dispatcher if a signing secret is set."""
    if settings.webhook_secret:
        key = read_secret(settings.webhook_secret.get_secret_value())
        yield WebhookDispatcher(database, key, allow_private=settings.webhook_private)
