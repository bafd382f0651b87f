"""An export with a manifest: a zip of the file and of what it is, for whoever audits it later."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from zipfile import ZIP_DEFLATED

from api.formats.archive import Archive

MEDIA_TYPE = "application/zip"


async def pack(
    content: AsyncIterator[bytes], name: str, facts: Callable[[], dict[str, object]]
) -> AsyncIterator[bytes]:
    """Yield a zip of the content under a name, and of `manifest.json` with its SHA-256.

    `facts` is asked when the content has come to its end.
    """
    archive = Archive(ZIP_DEFLATED, large=True)
    digest = hashlib.sha256()
    size = 0
    archive.begin(name)
    async for block in content:
        digest.update(block)
        size += len(block)
        archive.write(block)
        yield archive.take()
    archive.begin("manifest.json")
    told = {"file": name, "bytes": size, "sha256": digest.hexdigest(), **facts()}
    archive.write(json.dumps(told, indent=2, ensure_ascii=False).encode())
    yield archive.finish()
