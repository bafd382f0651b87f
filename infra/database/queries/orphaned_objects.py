"""Orphaned objects: objects in storage that no image row references.

The table `unnamed_objects` registers every object that may be orphaned. An upload registers its
objects, stores them, and the statement that inserts the images removes the registration. If the
upload fails in between, the registration remains. A purge registers the objects in the statement
that deletes the images. The cleanup removes objects that have been registered for long enough, and
only those.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from psycopg import AsyncConnection
from psycopg.rows import scalar_row

# Waits while the cleanup is removing one of the objects. The upload stores it after that.
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
    """Register the objects of an upload that no image references yet, before they are stored."""
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
    """Claim the object that has been registered for the longest time, to remove it from storage.

    Yields the SHA-256 of the object, or None if no object has been registered for longer than
    `older_than`; and whether an image references the object, in which case it must be kept. An
    upload of the same object waits until the block ends. If the block fails, the registration
    remains.
    """
    async with conn.transaction(), conn.cursor(row_factory=scalar_row) as cur:
        # The row lock must last as long as the removal, even if storage is slow.
        await cur.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await cur.execute(CLAIM_ORPHAN_CANDIDATE, {"older_than": older_than})
        sha256 = await cur.fetchone()
        is_referenced = False
        if sha256 is not None:
            await cur.execute(IS_REFERENCED, {"sha256": sha256})
            is_referenced = bool(await cur.fetchone())
        yield sha256, is_referenced
