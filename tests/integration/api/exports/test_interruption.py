"""Interrupted exports over a real TCP connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import psycopg
import pytest
import uvicorn
from structlog.testing import capture_logs

from api.app import create_app
from api.server.protocol import GuardedProtocol
from api.slow_client import MinimumRate
from api.tuning import DEFAULTS, Tuning
from infra.settings import Settings

pytestmark = pytest.mark.anyio

# More data than all buffers between Postgres and the client can hold.
FILL = """
    INSERT INTO images (id, sha256, name, media_type, bytes, width, height)
    SELECT gen_random_uuid(), sha256(n::text::bytea), repeat('x', 240) || n, 'image/png', 1, 1, 1
      FROM generate_series(1, 60000) AS n
"""

END_EXPORTS = """
    SELECT count(pg_terminate_backend(pid))
      FROM pg_stat_activity
     WHERE datname = current_database()
       AND application_name = 'api'
       AND xact_start IS NOT NULL
"""

EXPORTS = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database()
       AND application_name = 'api'
       AND xact_start IS NOT NULL
"""


class ImpatientProtocol(GuardedProtocol):
    """Protocol that disconnects a client which receives nothing for half a second."""

    download_rate = MinimumRate(stall_seconds=0.5, bytes_per_second=16 << 10)


@asynccontextmanager
async def running_server(
    settings: Settings, tuning: Tuning = DEFAULTS, protocol: type[GuardedProtocol] = GuardedProtocol
) -> AsyncIterator[str]:
    """Run an API server on a free port and yield its base URL."""
    config = uvicorn.Config(create_app(settings, tuning), port=0, log_config=None, http=protocol)
    server = uvicorn.Server(config)
    # Rendering tracebacks in an unconfigured log would take a minute.
    with capture_logs():
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        await running


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
async def test_failed_export_is_detectably_incomplete(settings: Settings, file_format: str) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        conn.execute(FILL)
        async with (
            running_server(settings) as address,
            httpx2.AsyncClient() as client,
            client.stream(
                "GET", f"{address}/api/v1/export", params={"format": file_format}, timeout=60
            ) as response,
        ):
            blocks = response.aiter_bytes()
            await anext(blocks)
            assert response.status_code == 200
            assert conn.execute(END_EXPORTS).fetchone() != (0,)
            with pytest.raises(httpx2.RemoteProtocolError):
                async for _ in blocks:
                    pass


async def test_export_without_reader_is_aborted(settings: Settings) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        conn.execute(FILL)
        async with (
            running_server(settings, protocol=ImpatientProtocol) as address,
            httpx2.AsyncClient() as client,
            client.stream("GET", f"{address}/api/v1/export", timeout=60) as response,
        ):
            blocks = response.aiter_bytes()
            await anext(blocks)
            async with asyncio.timeout(30):
                while conn.execute(EXPORTS).fetchone() != (0,):  # noqa: ASYNC110 (Postgres has no event for it)
                    await asyncio.sleep(0.1)
            with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
                async for _ in blocks:
                    pass


async def test_export_is_not_subject_to_request_timeout(settings: Settings) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        conn.execute(FILL)
    async with (
        running_server(settings, Tuning(query_seconds=0.5)) as address,
        httpx2.AsyncClient() as client,
        client.stream("GET", f"{address}/api/v1/export") as response,
    ):
        lines = 0
        async for block in response.aiter_bytes():
            lines += block.count(b"\n")
            if lines < 10_000:
                await asyncio.sleep(0.05)

    assert lines == 60_001
