"""Objects that no picture names: listed before they are stored, so that none is ever lost track of.

An upload lists its objects, stores them, and the statement that records it strikes them out. A
purge lists them in the statement that removes their pictures. Nothing else decides what may be
removed from object storage.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from psycopg import AsyncConnection
from psycopg.rows import scalar_row

# Waits where an object of the list is being removed at this moment; afterwards it is stored anew.
REGISTER_OBJECTS = """
    INSERT INTO unnamed_objects (sha256)
    SELECT DISTINCT sha256
      FROM unnest(%(hashes)s::bytea[]) AS h (sha256)
     WHERE NOT EXISTS (SELECT FROM images AS i WHERE i.sha256 = h.sha256)
     ORDER BY sha256
        ON CONFLICT (sha256) DO UPDATE
       SET since = now()
"""


async def register_objects(conn: AsyncConnection, hashes: Sequence[bytes]) -> None:
    """Put down objects that are about to be stored and that no picture names yet."""
    await conn.execute(REGISTER_OBJECTS, {"hashes": list(hashes)})


CLAIM_ORPHAN_CANDIDATE = """
    DELETE FROM unnamed_objects
     WHERE sha256 = (
               SELECT sha256
                 FROM unnamed_objects
                WHERE since < now() - %(older_than)s
                ORDER BY since
                LIMIT 1
                  FOR UPDATE SKIP LOCKED)
    RETURNING sha256
"""

IS_REFERENCED = "SELECT EXISTS (SELECT FROM images WHERE sha256 = %(sha256)s)"


@asynccontextmanager
async def claim_orphan_candidate(
    conn: AsyncConnection, older_than: timedelta
) -> AsyncIterator[tuple[bytes | None, bool]]:
    """Hold the longest listed object to remove it, and whether a picture names it after all.

    Nobody can store it before the block ends. Where the block fails, it stays on the list.
    """
    async with conn.transaction(), conn.cursor(row_factory=scalar_row) as cur:
        # The lock must outlast the removal, however slow storage is.
        await cur.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await cur.execute(CLAIM_ORPHAN_CANDIDATE, {"older_than": older_than})
        sha256 = await cur.fetchone()
        named = False
        if sha256 is not None:
            await cur.execute(IS_REFERENCED, {"sha256": sha256})
            named = bool(await cur.fetchone())
        yield sha256, named
