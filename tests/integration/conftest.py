"""The API in this process, on real stores and through its real lifespan; no worker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send

from api.app import create_app
from infra.settings import Settings


@asynccontextmanager
async def open_client(settings: Settings, address: str = "127.0.0.1") -> AsyncIterator[AsyncClient]:
    """An API of these settings, as a client at this address sees it."""
    app = create_app(settings)
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = ASGITransport(with_state, client=(address, 1))  # type: ignore[arg-type]
        async with AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AsyncClient]:
    async with open_client(settings) as client:
        yield client
