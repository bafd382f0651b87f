"""Find existing images by the SHA-256 of their bytes."""

from collections.abc import Sequence
from uuid import UUID

from psycopg import AsyncConnection

# Excludes images that another upload would restore or queue again: those in the trash, failed and
# cancelled ones.
FIND_EXISTING_HASHES = """
    SELECT sha256, id
      FROM images
     WHERE sha256 = ANY(%(hashes)s)
       AND deleted_at IS NULL
       AND status IN ('queued', 'running', 'done')
"""


async def find_existing_hashes(conn: AsyncConnection, hashes: Sequence[bytes]) -> dict[bytes, UUID]:
    """Return the ids, by hash, of the images that need not be uploaded."""
    cur = await conn.execute(FIND_EXISTING_HASHES, {"hashes": list(hashes)})
    return {bytes(sha256): image_id for sha256, image_id in await cur.fetchall()}
