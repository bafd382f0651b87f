"""Fixtures for integration tests: the API in this process with real servers and no worker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx2 import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send

from api.app import create_app
from api.background.runtime import BackgroundRuntime
from api.tuning import DEFAULTS, Tuning
from infra.settings import Settings


@asynccontextmanager
async def open_api(
    settings: Settings, address: str = "127.0.0.1", tuning: Tuning = DEFAULTS
) -> AsyncIterator[tuple[AsyncClient, BackgroundRuntime]]:
    """Start an API; yield a client that connects from `address`, and the background services."""
    app = create_app(settings, tuning)
    async with app.router.lifespan_context(app) as state:
        assert state is not None

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        transport = ASGITransport(with_state, client=(address, 1))
        async with AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client, state["background"]


@asynccontextmanager
async def open_client(
    settings: Settings, address: str = "127.0.0.1", tuning: Tuning = DEFAULTS
) -> AsyncIterator[AsyncClient]:
    """Start an API with these settings and yield a client that connects from `address`."""
    async with open_api(settings, address, tuning) as (client, _):
        yield client


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AsyncClient]:
    """Yield a client of an API with the default test settings."""
    async with open_client(settings) as client:
        yield client
