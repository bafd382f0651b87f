"""Streaming response with slow clients."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from starlette.types import Message

from api.exports.response import GuardedStreamingResponse
from api.slow_client import MinimumRate

pytestmark = pytest.mark.anyio

PIECES = 60


async def send_to(receive: Callable[[], Awaitable[None]], minimum: MinimumRate) -> list[Message]:
    """Return the messages that a client receives which runs `receive` for each of them."""
    received: list[Message] = []

    async def send(message: Message) -> None:
        await receive()
        received.append(message)

    await GuardedStreamingResponse(_pieces(), minimum=minimum).stream_response(send)
    return received


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(PIECES):
        yield bytes(1000)


async def receive_slowly() -> None:
    await asyncio.sleep(0.03)


async def test_client_below_minimum_rate_is_aborted() -> None:
    received = await send_to(receive_slowly, MinimumRate(1.0, bytes_per_second=1 << 30))

    assert 1 < len(received) < PIECES
    assert received[-1]["more_body"]  # the response is truncated


async def test_client_at_minimum_rate_receives_whole_response() -> None:
    received = await send_to(receive_slowly, MinimumRate(1.0, bytes_per_second=1000))

    assert len(received) == 1 + PIECES + 1
    assert not received[-1]["more_body"]
