"""Idempotency keys: find the job of a submission that a client sends again."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from psycopg import AsyncConnection

from core.errors import IdempotencyKeyReusedError

# Covers a client that is off overnight.
IDEMPOTENCY_KEY_LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """Idempotency key of a submission.

    `owner` identifies the client, `fingerprint` is a hash of the files sent with the key.
    """

    owner: str
    key: str
    fingerprint: bytes


FIND_JOB = """
    SELECT job_id, fingerprint = %(fingerprint)s AS is_same
      FROM idempotency_keys
     WHERE owner = %(owner)s
       AND key = %(key)s
       AND created_at > now() - %(remembered_for)s
"""


async def find_job(conn: AsyncConnection, once: IdempotencyKey) -> UUID | None:
    """Return the id of the job created with this key, or None.

    Raises:
        IdempotencyKeyReusedError: The job was created with different files.
    """
    cur = await conn.execute(
        FIND_JOB,
        {
            "owner": once.owner,
            "key": once.key,
            "fingerprint": once.fingerprint,
            "remembered_for": IDEMPOTENCY_KEY_LIFETIME,
        },
    )
    row = await cur.fetchone()
    if row is None:
        return None
    job_id, is_same = row
    if not is_same:
        raise IdempotencyKeyReusedError
    return UUID(str(job_id))


# Key and items have the time of the transaction that recorded both.
LIST_POSITIONS = """
    SELECT item.position
      FROM idempotency_keys AS known
      JOIN job_items AS item ON item.job_id = known.job_id AND item.changed_at = known.created_at
     WHERE known.owner = %(owner)s
       AND known.key = %(key)s
     ORDER BY item.position
"""


async def list_positions(conn: AsyncConnection, once: IdempotencyKey) -> list[int]:
    """Return the positions of the items recorded with this key.

    Items whose image was purged since are omitted.
    """
    cur = await conn.execute(LIST_POSITIONS, {"owner": once.owner, "key": once.key})
    return [position for (position,) in await cur.fetchall()]


DELETE_EXPIRED_KEYS = "DELETE FROM idempotency_keys WHERE created_at < now() - %(remembered_for)s"


async def delete_expired_keys(conn: AsyncConnection) -> int:
    """Delete expired keys and return their number."""
    cur = await conn.execute(DELETE_EXPIRED_KEYS, {"remembered_for": IDEMPOTENCY_KEY_LIFETIME})
    return cur.rowcount
