"""Idempotency keys: which job a submission made that is being sent again."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from psycopg import AsyncConnection

from core.errors import IdempotencyKeyReusedError

# Long enough for a client that was switched off overnight.
IDEMPOTENCY_KEY_LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A client's own name for one submission, and the fingerprint of what it sent."""

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
    """The job that was made under this key, if there is one.

    Raises:
        IdempotencyKeyReusedError: it was made of other files.
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


DELETE_EXPIRED_KEYS = "DELETE FROM idempotency_keys WHERE created_at < now() - %(remembered_for)s"


async def delete_expired_keys(conn: AsyncConnection) -> int:
    """Forget the keys whose time is over; return how many."""
    cur = await conn.execute(DELETE_EXPIRED_KEYS, {"remembered_for": IDEMPOTENCY_KEY_LIFETIME})
    return cur.rowcount
