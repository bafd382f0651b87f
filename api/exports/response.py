"""Streaming response that aborts slow clients.

An export holds a database connection and an export slot until the client has received it.
"""

from collections.abc import AsyncIterator, Iterator

from fastapi.responses import StreamingResponse
from starlette.types import Message, Send

from api.slow_client import MinimumRate, SlowClientError, SlowClientGuard
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

# Maximum size of one message in bytes: a client at the minimum rate of 16 KiB/s receives it within
# the 120 s after which a transfer counts as stalled.
_MESSAGE_BYTES = 256 << 10


class GuardedStreamingResponse(StreamingResponse):
    """Streaming response that aborts slow clients.

    An aborted response ends without its final chunk, so that the client detects the truncation.
    """

    def __init__(
        self,
        content: AsyncIterator[bytes],
        status_code: int = 200,  # read by FastAPI for the OpenAPI schema
        headers: dict[str, str] | None = None,
        media_type: str | None = None,
        *,
        minimum: MinimumRate,
    ) -> None:
        super().__init__(content, status_code, headers, media_type)
        self._minimum = minimum

    async def stream_response(self, send: Send) -> None:
        guard = SlowClientGuard(self._minimum)

        async def guarded_send(message: Message) -> None:
            await guard.wait_for(send(message))
            guard.count(len(message.get("body", b"")))

        try:
            await super().stream_response(guarded_send)
        except SlowClientError:
            log.warning("export.aborted", reason="slow client")


async def split_blocks(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the blocks in messages of at most `_MESSAGE_BYTES`."""
    for message in _split(first):
        yield message
    async for block in rest:
        for message in _split(block):
            yield message


def _split(block: bytes) -> Iterator[bytes]:
    return (block[start : start + _MESSAGE_BYTES] for start in range(0, len(block), _MESSAGE_BYTES))
