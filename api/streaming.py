"""Stream a file in bounded messages.

`api.server.protocol` disconnects clients that receive too slowly. The response then ends without
its final chunk, so that the client detects the truncation.
"""

from collections.abc import AsyncIterator, Iterator

from fastapi.responses import StreamingResponse

# Maximum size of one message in bytes. A connection buffers about one message: a client at the
# minimum rate of 16 KiB/s receives it within the 120 s after which a transfer counts as stalled.
_MESSAGE_BYTES = 256 << 10


async def stream_file(
    blocks: AsyncIterator[bytes], media_type: str, headers: dict[str, str]
) -> StreamingResponse:
    """Read the first block and return a response that streams all blocks.

    Errors raised before the first block become a problem response; later ones truncate the file.
    """
    first = await anext(blocks, b"")
    return StreamingResponse(_split_blocks(first, blocks), media_type=media_type, headers=headers)


async def _split_blocks(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for message in _split(first):
        yield message
    async for block in rest:
        for message in _split(block):
            yield message


def _split(block: bytes) -> Iterator[bytes]:
    return (block[start : start + _MESSAGE_BYTES] for start in range(0, len(block), _MESSAGE_BYTES))
