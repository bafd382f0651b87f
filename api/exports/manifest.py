"""An export with a manifest: a zip of the file and of what it is, for whoever audits it later."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from zipfile import ZIP_DEFLATED, ZIP_STORED

from anyio import to_thread

from api.exports.zip_stream import ZipStream

MEDIA_TYPE = "application/zip"


async def pack(
    content: AsyncIterator[bytes], name: str, facts: Callable[[], dict[str, object]]
) -> AsyncIterator[bytes]:
    """Yield a zip of the content under a name, and of `manifest.json` with its SHA-256.

    `facts` is asked when the content has come to its end.
    """
    # What is a zip already does not get smaller.
    archive = ZipStream(ZIP_STORED if name.endswith(".zip") else ZIP_DEFLATED, large=True)
    digest = hashlib.sha256()
    size = 0
    archive.begin(name)
    async for block in content:
        size += len(block)
        await to_thread.run_sync(_add, block, digest, archive)
        yield archive.take()
    archive.begin("manifest.json")
    told = {"file": name, "bytes": size, "sha256": digest.hexdigest(), **facts()}
    archive.write(json.dumps(told, indent=2, ensure_ascii=False).encode())
    yield archive.finish()


def _add(block: bytes, digest: "hashlib._Hash", archive: ZipStream) -> None:
    digest.update(block)
    archive.write(block)
