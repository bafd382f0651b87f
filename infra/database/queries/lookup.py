"""Which pictures are there already, by the hash of their bytes."""

from collections.abc import Sequence
from uuid import UUID

from psycopg import AsyncConnection

# What is in the trash, failed or was cancelled comes back when it is sent again, so it is not here.
FIND_EXISTING_HASHES = """
    SELECT sha256, id
      FROM images
     WHERE sha256 = ANY(%(hashes)s)
       AND deleted_at IS NULL
       AND status IN ('queued', 'running', 'done')
"""


async def find_existing_hashes(conn: AsyncConnection, hashes: Sequence[bytes]) -> dict[bytes, UUID]:
    """Those of the hashes whose pictures need not be sent."""
    cur = await conn.execute(FIND_EXISTING_HASHES, {"hashes": list(hashes)})
    return {bytes(sha256): image_id for sha256, image_id in await cur.fetchall()}
