"""What an API process opens at start and closes at the end."""

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
    """What requests find in `request.state`."""

    service: Service


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
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
        keeper = SearchMaintenance(database)
        dispatcher = WebhookDispatcher(settings, database)
        for each in (publisher, job_listener, sweeper, keeper, rate_limiter, dispatcher):
            await stack.enter_async_context(_in_background(each.run()))
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
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something endless beside the requests."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        # Once is not always enough: what waits for a connection of the pool may swallow it.
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=1)
        with suppress(asyncio.CancelledError):
            await task
