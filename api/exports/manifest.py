"""Export with a manifest: a zip of the exported file and of `manifest.json`, for audits."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from zlib import Z_DEFAULT_COMPRESSION, Z_NO_COMPRESSION

from anyio import to_thread

from api.exports.zip_stream import ZipStream

MEDIA_TYPE = "application/zip"


async def pack(
    content: AsyncIterator[bytes], name: str, facts: Callable[[], dict[str, object]]
) -> AsyncIterator[bytes]:
    """Yield the blocks of a zip that contains the exported file and its manifest.

    Args:
        content: Blocks of the exported file.
        name: File name of the export in the archive.
        facts: Returns additional fields of the manifest; called after the last block.
    """
    # A zip does not compress further.
    archive = ZipStream(Z_NO_COMPRESSION if name.endswith(".zip") else Z_DEFAULT_COMPRESSION)
    digest = hashlib.sha256()
    size = 0
    archive.begin(name)
    async for block in content:
        size += len(block)
        await to_thread.run_sync(_add, block, digest, archive)
        yield archive.take()
    archive.begin("manifest.json")
    manifest = {"file": name, "bytes": size, "sha256": digest.hexdigest(), **facts()}
    archive.write(json.dumps(manifest, indent=2, ensure_ascii=False).encode())
    yield archive.finish()


def _add(block: bytes, digest: "hashlib._Hash", archive: ZipStream) -> None:
    digest.update(block)
    archive.write(block)
