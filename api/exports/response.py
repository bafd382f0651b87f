"""Long answers, and whoever takes them: each piece, and all of them, in good time.

An export holds a connection and a place that others wait for, until it has been read.
"""

import asyncio

from fastapi.responses import StreamingResponse
from starlette.types import Message, Send

from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# A reader who takes nothing for so long is given up.
READER_SECONDS = 120.0
# Nor may one hold its place for days: after the same time's grace it takes this much a second, on
# average over the time that it lets us wait.
MIN_BYTES_PER_SECOND = 16 << 10


class SlowReaderError(Exception):
    """Nobody takes what is sent."""


class GuardedStreamingResponse(StreamingResponse):
    """An answer on its way. One that is given up has no end, as one that breaks."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(SlowReaderGuard(send).take)
        except SlowReaderError:
            log.warning("export given up: its reader takes nothing, or too little")


class SlowReaderGuard:
    """Whoever takes an answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._taken = 0
        self._waited = 0.0  # for the reader alone; what Postgres takes is not its fault

    async def take(self, message: Message) -> None:
        """Wait until the reader takes this.

        Raises:
            SlowReaderError: it does not, or has been too slow.
        """
        begun = asyncio.get_running_loop().time()
        left = READER_SECONDS + self._taken / MIN_BYTES_PER_SECOND - self._waited
        try:
            async with asyncio.timeout(min(left, READER_SECONDS)):
                await self._send(message)
        except TimeoutError as error:
            raise SlowReaderError from error
        self._waited += asyncio.get_running_loop().time() - begun
        self._taken += len(message.get("body", b""))
