"""The pictures themselves in a zip, in the gallery's order, under names that any system takes."""

import re
from collections.abc import AsyncIterator

from anyio import to_thread

from api.exports.zip_stream import ZipStream
from api.uploads.filenames import shorten
from infra.database.queries.images import Image
from infra.storage import ObjectStore, original_key

MEDIA_TYPE = "application/zip"

# What Windows takes for something else in a name; the rest went at the door.
_UNSAFE = re.compile(r'[<>:"/\\|?*]')

# No file system takes more than 255 bytes, and the number stands in front.
_MAX_BYTES = 240


async def zip_originals(
    batches: AsyncIterator[list[Image]], objects: ObjectStore
) -> AsyncIterator[bytes]:
    """Yield the archive; it is as good as it is long, for pictures do not shrink."""
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
    """A name of its own by its number, which also keeps the order."""
    safe = shorten(_UNSAFE.sub("_", name), _MAX_BYTES)
    return f"{number:06}-{safe.rstrip('. ')}"
