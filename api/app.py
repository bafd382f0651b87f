"""Assembly of the FastAPI application: routes, middleware and error handlers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp

from api.audit import routes as audit
from api.auth import authorization, sessions
from api.auth.dependencies import guard
from api.auth.scopes import access_by_operation
from api.custom_tags import routes as custom_tags
from api.exception_handlers import add_problem_handlers
from api.exports import routes as exports
from api.images import failures, lookup, reclassify, retries, trash
from api.images import routes as images
from api.jobs import routes as jobs
from api.keys import routes as keys
from api.lifespan import State, open_resources
from api.middleware.body_limits import BodyLimitMiddleware
from api.middleware.request_context import RequestContextMiddleware
from api.middleware.tracing import TracingMiddleware
from api.openapi.schema import INTRODUCTION, enrich
from api.operations import health, metrics, status
from api.operations.http_metrics import HttpMetrics
from api.problems import problems
from api.search import hints
from api.search import routes as search
from api.server.static_files import add_web_client, has_docs
from api.tuning import DEFAULTS, Tuning
from api.verdicts import routes as verdicts
from infra.settings import Settings


class App(FastAPI):
    """FastAPI application with an enriched OpenAPI schema and outer middleware.

    The middleware wraps Starlette's own error middleware, so that responses to unexpected errors
    also carry a request id and security headers.
    """

    def __init__(self, settings: Settings, tuning: Tuning, **options: Any) -> None:  # noqa: ANN401 (FastAPI's own)
        super().__init__(lifespan=self._open, **options)
        self._settings = settings
        self._tuning = tuning
        self._http_metrics = HttpMetrics()

    @asynccontextmanager
    async def _open(self, _: FastAPI) -> AsyncIterator[State]:
        async with open_resources(self._settings, self._tuning, self._http_metrics) as state:
            yield state

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = enrich(super().openapi(), access_by_operation(self.routes))
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        stack: ASGIApp = BodyLimitMiddleware(
            super().build_middleware_stack(), self._tuning.upload_rate
        )
        if self._settings.otlp_endpoint:
            stack = TracingMiddleware(stack)
        return RequestContextMiddleware(stack, self._http_metrics)


def create_app(settings: Settings, tuning: Tuning = DEFAULTS) -> FastAPI:
    """Build the application. Connections are opened by its lifespan, not here."""
    app = App(
        settings,
        tuning,
        title="AI Image Gallery Manager",
        version="1",
        description=INTRODUCTION,
        # FastAPI's documentation page loads its scripts from a CDN. The built web client has a
        # self-contained page and replaces it.
        docs_url=None if has_docs(settings.web_dir) else "/docs",
        redoc_url=None,
    )
    v1 = APIRouter(
        prefix="/api/v1", dependencies=[Depends(guard)], responses=problems(401, 403, 429, 500, 503)
    )
    # Starlette matches routes in this order, so the most frequent ones come first.
    for module in (
        images,
        jobs,
        search,
        verdicts,
        custom_tags,
        hints,
        reclassify,
        lookup,
        retries,
        failures,
        trash,
        exports,
        status,
        sessions,
        authorization,
        keys,
        audit,
    ):
        v1.include_router(module.router)
    app.include_router(v1)
    app.include_router(health.router)
    app.include_router(
        metrics.router, dependencies=[Depends(guard)], responses=problems(401, 403, 429, 500)
    )
    add_problem_handlers(app)
    add_web_client(app, settings.web_dir)
    return app
