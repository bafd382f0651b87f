"""An export that breaks on its way, over a real connection."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest
import uvicorn
from structlog.testing import capture_logs

from api.app import create_app
from infra.settings import Settings

pytestmark = pytest.mark.anyio

# More than all the buffers between Postgres and the client hold together.
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


@pytest.fixture
async def address(settings: Settings) -> AsyncIterator[str]:
    """The API on a port of its own."""
    config = uvicorn.Config(create_app(settings), port=0, log_config=None)
    server = uvicorn.Server(config)
    # To draw all that is in an unconfigured log's traceback takes a minute of this process.
    with capture_logs():
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 (uvicorn tells it no other way)
            await asyncio.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        await running


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
async def test_what_breaks_midway_does_not_look_whole(
    address: str, settings: Settings, file_format: str
) -> None:
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        conn.execute(FILL)
        async with (
            httpx.AsyncClient() as client,
            client.stream(
                "GET", f"{address}/api/v1/export", params={"format": file_format}, timeout=60
            ) as answer,
        ):
            blocks = answer.aiter_bytes()
            await anext(blocks)
            assert answer.status_code == 200
            assert conn.execute(END_EXPORTS).fetchone() > (0,)
            with pytest.raises(httpx.RemoteProtocolError):
                async for _ in blocks:
                    pass


async def test_an_export_that_nobody_reads_is_given_up(
    address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.exports.response.READER_SECONDS", 0.5)
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        conn.execute(FILL)
        async with (
            httpx.AsyncClient() as client,
            client.stream("GET", f"{address}/api/v1/export", timeout=60) as answer,
        ):
            blocks = answer.aiter_bytes()
            await anext(blocks)
            async with asyncio.timeout(30):
                while conn.execute(EXPORTS).fetchone() > (0,):  # noqa: ASYNC110 (nor does Postgres)
                    await asyncio.sleep(0.1)
            with pytest.raises(httpx.RemoteProtocolError):
                async for _ in blocks:
                    pass


async def test_an_export_may_take_longer_than_any_other_request(
    address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    backoff = "infra.database.pool.Database.connection.__wrapped__.__kwdefaults__"
    monkeypatch.setattr(backoff, {"seconds": 0.5})
    with psycopg.connect(settings.require_database_url(), autocommit=True) as conn:
        conn.execute(FILL)
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", f"{address}/api/v1/export") as answer,
    ):
        lines = 0
        async for block in answer.aiter_bytes():
            lines += block.count(b"\n")
            if lines < 10_000:
                await asyncio.sleep(0.05)

    assert lines == 60_001
