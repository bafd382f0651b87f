"""The API, put together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, TypedDict

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp

from api import (
    export,
    health,
    images,
    jobs,
    known,
    metrics,
    overview,
    rerun,
    retries,
    sessions,
    tags,
    trash,
)
from api.access import guard
from api.admission import Admission
from api.announcer import Announcer
from api.bodies import Bodies
from api.changes import Changes
from api.dependencies import Service
from api.description import INTRODUCTION, complete
from api.envelope import Envelope
from api.housekeeper import Housekeeper
from api.keeper import SearchKeeper
from api.measures import Measures
from api.openness import Openness
from api.postman import Postman
from api.problems import add_problem_handlers, problems
from api.rates import Rates
from api.shared import Shared
from api.sweeper import Sweeper
from api.traced import Traced
from api.web import add_web_client, has_docs
from infra.counters import Counters
from infra.database.connection import open_database
from infra.database.memory import Memory
from infra.objects import open_objects
from infra.queue import Queue
from infra.settings import Settings
from infra.traces import open_traces


class State(TypedDict):
    """What requests find in `request.state`."""

    service: Service


class App(FastAPI):
    """FastAPI in our envelope, which answers to our own bugs get, too."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi())
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        inside = Bodies(super().build_middleware_stack())
        return Envelope(Traced(inside) if self.state.is_traced else inside, self.state.measures)


def create_app(settings: Settings) -> FastAPI:
    """Build the application; nothing is opened before it starts."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        async with _open_service(settings) as service:
            yield {"service": service}

    app = App(
        title="AI Image Gallery Manager",
        version="1",
        description=INTRODUCTION,
        lifespan=lifespan,
        # FastAPI's own page loads its scripts from elsewhere; ours is the better one where it is.
        docs_url=None if has_docs(settings.web_dir) else "/docs",
        redoc_url=None,
    )
    app.state.measures = Measures()
    app.state.readiness = Shared()
    app.state.is_traced = bool(settings.otlp_endpoint)
    v1 = APIRouter(
        prefix="/api/v1", dependencies=[Depends(guard)], responses=problems(401, 403, 429, 500, 503)
    )
    # Tried in this order, so what is asked for most comes first.
    for module in (images, jobs, tags, rerun, known, retries, trash, export, overview, sessions):
        v1.include_router(module.router)
    app.include_router(v1)
    app.include_router(health.router)
    app.include_router(
        metrics.router, dependencies=[Depends(guard)], responses=problems(401, 403, 429, 500)
    )
    add_problem_handlers(app)
    add_web_client(app, settings.web_dir)
    return app


@asynccontextmanager
async def _open_service(settings: Settings) -> AsyncIterator[Service]:
    database_url = settings.require_database_url()
    objects = open_objects(settings.require_objects_url())
    queue = Queue(settings)
    announcer = Announcer(queue, chunk_size=settings.chunk_size)
    changes = Changes(database_url)
    counters = Counters(settings)
    rates = Rates(settings, counters)
    async with AsyncExitStack() as stack:
        stack.callback(queue.close)
        stack.callback(counters.close)
        traces = open_traces(settings, "gallery-api")
        if traces:
            stack.push_async_callback(to_thread.run_sync, traces.close)
        database = await stack.enter_async_context(open_database(database_url, name="api"))
        housekeeper = Housekeeper(database, objects, retention=settings.trash_retention)
        sweeper = Sweeper(settings, database, queue, housekeeper)
        keeper = SearchKeeper(database)
        postman = Postman(settings, database)
        for each in (announcer, changes, sweeper, keeper, rates, postman):
            await stack.enter_async_context(_in_background(each.run()))
        yield Service(
            settings=settings,
            database=database,
            memory=Memory(),
            objects=objects,
            queue=queue,
            announcer=announcer,
            changes=changes,
            admission=Admission(settings.max_uploads_in_flight),
            openness=Openness(database),
            rates=rates,
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
