"""Read the original of an image in blocks, within the limit of concurrent downloads."""

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread

from api.concurrency import ConcurrencyLimit
from api.dependencies import resource
from infra.database.queries.images import ImageFile
from infra.storage import ObjectStore, original_key

# Each download holds one block in memory. A block is one request to S3.
_BLOCK_BYTES = 1 << 20

DownloadSlotsDep = Annotated[ConcurrencyLimit, resource("download_slots")]


async def read_original(
    storage: ObjectStore, image: ImageFile, slots: ConcurrencyLimit, client: str | None
) -> AsyncIterator[bytes]:
    """Yield the blocks of an original file.

    Raises:
        BusyError: Too many downloads are in progress.
        ObjectNotFoundError: The file does not exist.
    """
    key = original_key(image.sha256)
    async with slots.enter(client):
        for offset in range(0, image.bytes, _BLOCK_BYTES):
            length = min(_BLOCK_BYTES, image.bytes - offset)
            yield await to_thread.run_sync(storage.read, key, offset, length)
