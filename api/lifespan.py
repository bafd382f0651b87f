"""Resources and background services of an API process, from start to shutdown."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, TypedDict

from anyio import to_thread

from api.auth.open_access import OpenAccess
from api.auth.rate_limit import RateLimiter
from api.background.cleanup import Cleanup
from api.background.publisher import Publisher
from api.background.search_maintenance import SearchMaintenance
from api.background.sweeper import Sweeper
from api.dependencies import Service
from api.jobs.listener import JobListener
from api.uploads.concurrency import ConcurrencyLimit
from api.webhooks.dispatcher import WebhookDispatcher
from infra.database.pool import open_database
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
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Open all resources, run the background services, and close everything at the end."""
    database_url = settings.require_database_url()
    objects = open_objects(settings.require_objects_url())
    queue = Queue(settings)
    publisher = Publisher(queue, chunk_size=settings.chunk_size)
    job_listener = JobListener(database_url)
    counters = Counters(settings)
    rate_limiter = RateLimiter(settings, counters)
    async with AsyncExitStack() as stack:
        stack.callback(queue.close)
        stack.callback(counters.close)
        traces = open_traces(settings, "gallery-api")
        if traces:
            stack.push_async_callback(to_thread.run_sync, traces.close)
        database = await stack.enter_async_context(open_database(database_url, name="api"))
        cleanup = Cleanup(database, objects, retention=settings.trash_retention)
        sweeper = Sweeper(settings, database, queue, cleanup)
        search_maintenance = SearchMaintenance(database)
        dispatcher = WebhookDispatcher(settings, database)
        for background in (
            publisher,
            job_listener,
            sweeper,
            search_maintenance,
            rate_limiter,
            dispatcher,
        ):
            await stack.enter_async_context(_in_background(background.run()))
        yield Service(
            settings=settings,
            database=database,
            snapshot_cache=SnapshotCache(),
            objects=objects,
            queue=queue,
            publisher=publisher,
            job_listener=job_listener,
            upload_slots=ConcurrencyLimit(settings.max_uploads_in_flight),
            open_access=OpenAccess(database),
            rate_limiter=rate_limiter,
            traces=traces,
        )


@asynccontextmanager
async def _in_background(loop: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run an endless coroutine as a task until the block ends."""
    task = asyncio.create_task(loop)
    try:
        yield
    finally:
        # One cancellation is not always enough: a wait for a connection of the pool may swallow it.
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=1)
        with suppress(asyncio.CancelledError):
            await task
