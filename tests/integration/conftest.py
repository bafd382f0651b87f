"""The API in this process, on real stores and through its real lifespan; no worker."""

from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send

from api.app import create_app
from infra.settings import Settings


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AsyncClient]:
    app = create_app(settings)
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = ASGITransport(with_state)  # type: ignore[arg-type]
        async with AsyncClient(transport=transport, base_url="http://gallery") as client:
            yield client
