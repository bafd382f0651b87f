"""Streaming response that aborts slow clients.

An export holds a database connection and an export slot until the client has received it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

from fastapi.responses import StreamingResponse
from starlette.types import Message, Send

from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# Maximum time without progress. The same time is the allowance before the minimum rate applies.
READER_SECONDS = 120.0
# Minimum average rate, over the time spent waiting for the client. Prevents a client that receives
# a little at a time from holding a slot for days.
MIN_BYTES_PER_SECOND = 16 << 10
# Maximum size of one message in bytes: a client at the minimum rate receives it within
# `READER_SECONDS`.
_MESSAGE_BYTES = 256 << 10


class SlowReaderError(Exception):
    """The client receives nothing, or less than the minimum rate."""


class GuardedStreamingResponse(StreamingResponse):
    """Streaming response that aborts slow clients.

    An aborted response ends without its final chunk, so that the client detects the truncation.
    """

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(SlowReaderGuard(send).send)
        except SlowReaderError:
            log.warning("export.aborted", reason="slow client")


class SlowReaderGuard:
    """Sends messages of one response and enforces the minimum rate."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._sent = 0
        self._waited = 0.0  # seconds spent waiting for the client, excluding the database

    async def send(self, message: Message) -> None:
        """Send a message and wait until the client has received it.

        Raises:
            SlowReaderError: The client made no progress, or was too slow on average.
        """
        started = asyncio.get_running_loop().time()
        left = READER_SECONDS + self._sent / MIN_BYTES_PER_SECOND - self._waited
        try:
            async with asyncio.timeout(min(left, READER_SECONDS)):
                await self._send(message)
        except TimeoutError as error:
            raise SlowReaderError from error
        self._waited += asyncio.get_running_loop().time() - started
        self._sent += len(message.get("body", b""))


async def split_blocks(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the blocks in messages of at most `_MESSAGE_BYTES`."""
    for message in _split(first):
        yield message
    async for block in rest:
        for message in _split(block):
            yield message


def _split(block: bytes) -> Iterator[bytes]:
    return (block[start : start + _MESSAGE_BYTES] for start in range(0, len(block), _MESSAGE_BYTES))
