"""A long answer and the one who takes it, without anything between them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from starlette.types import Message

from api.exports.response import GuardedStreamingResponse

pytestmark = pytest.mark.anyio

PIECES = 60


async def send_to(take: Callable[[], Awaitable[None]]) -> list[Message]:
    """What a reader gets who does this with every message."""
    taken: list[Message] = []

    async def send(message: Message) -> None:
        await take()
        taken.append(message)

    await GuardedStreamingResponse(_pieces()).stream_response(send)
    return taken


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(PIECES):
        yield bytes(1000)


async def slowly() -> None:
    await asyncio.sleep(0.03)


async def test_a_reader_who_takes_every_piece_but_all_too_slowly_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.exports.response.READER_SECONDS", 1.0)
    monkeypatch.setattr("api.exports.response.MIN_BYTES_PER_SECOND", 1 << 30)
    taken = await send_to(slowly)

    assert 1 < len(taken) < PIECES
    assert taken[-1]["more_body"]  # it has no end


async def test_a_reader_as_slow_as_may_be_gets_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.exports.response.READER_SECONDS", 1.0)
    monkeypatch.setattr("api.exports.response.MIN_BYTES_PER_SECOND", 1000)
    taken = await send_to(slowly)

    assert len(taken) == 1 + PIECES + 1
    assert not taken[-1]["more_body"]
