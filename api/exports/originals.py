"""Zip export: the original files, in gallery order, under portable file names."""

import re
from collections.abc import AsyncIterator

from anyio import to_thread

from api.exports.zip_stream import ZipStream
from api.uploads.filenames import shorten
from infra.database.queries.images import Image
from infra.storage import ObjectStore, original_key

MEDIA_TYPE = "application/zip"

# Characters that Windows forbids in file names. Upload validation removed control characters.
_UNSAFE = re.compile(r'[<>:"/\\|?*]')

# Most file systems limit names to 255 bytes; the number in front needs seven of them.
_MAX_BYTES = 240


async def zip_originals(
    batches: AsyncIterator[list[Image]], objects: ObjectStore
) -> AsyncIterator[bytes]:
    """Yield the blocks of the archive; without compression, since images do not compress."""
    archive = ZipStream()
    number = 0
    async for batch in batches:
        for image in batch:
            number += 1
            data = await to_thread.run_sync(objects.get, original_key(image.sha256))
            archive.begin(entry_name(number, image.name), image.created_at.timetuple()[:6])
            await to_thread.run_sync(archive.write, data)
            yield archive.take()
    yield archive.finish()


def entry_name(number: int, name: str) -> str:
    """Return a unique file name: the number of the entry, then the sanitised image name."""
    safe = shorten(_UNSAFE.sub("_", name), _MAX_BYTES)
    return f"{number:06}-{safe.rstrip('. ')}"
