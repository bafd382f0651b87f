"""Authenticate API keys and browser sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from core.credentials import hash_secret, is_well_formed, new_session
from infra.database.queries.api_keys import Scope

SESSION_LIFETIME = timedelta(days=14)
MAX_SESSIONS = 20
"""Sessions per key. A further sign-in ends the oldest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHolder:
    """The valid API key that authenticated a request."""

    id: UUID
    name: str
    scopes: list[Scope]
    expires_at: datetime | None = None


# `last_used_at` and the address are written at most once a minute.
_VALID: LiteralString = """
    valid AS (
        SELECT k.id, k.name, k.scopes, k.expires_at, k.last_used_at
          FROM api_keys AS k
          JOIN wanted ON wanted.key_id = k.id
         WHERE k.revoked_at IS NULL
           AND (k.expires_at IS NULL OR k.expires_at > now())
    ),
    used AS (
        UPDATE api_keys AS k
           SET last_used_at = now(),
               last_used_address = %(address)s
          FROM valid
         WHERE k.id = valid.id
           AND (valid.last_used_at IS NULL OR valid.last_used_at < now() - interval '1 minute')
    )
    SELECT id, name, scopes, expires_at FROM valid
"""

FIND_BY_KEY: LiteralString = f"""
    WITH wanted AS (SELECT id AS key_id FROM api_keys WHERE hash = %(hash)s),
    {_VALID}
"""

FIND_BY_SESSION: LiteralString = f"""
    WITH wanted AS (
        SELECT key_id FROM sessions WHERE hash = %(hash)s AND expires_at > now()
    ),
    {_VALID}
"""


async def find_by_key(
    conn: AsyncConnection, key: str, *, address: str | None = None
) -> KeyHolder | None:
    """Return the holder of an API key, or None if the key is unknown, expired or revoked.

    Args:
        conn: The connection.
        key: The API key.
        address: Address of the client, stored as that of the last use.
    """
    return await _find(conn, FIND_BY_KEY, key, address) if is_well_formed(key) else None


async def find_by_session(
    conn: AsyncConnection, session: str, *, address: str | None = None
) -> KeyHolder | None:
    """Return the key holder of a session cookie, or None if session or key is invalid."""
    return await _find(conn, FIND_BY_SESSION, session, address)


async def _find(
    conn: AsyncConnection, query: LiteralString, secret: str, address: str | None
) -> KeyHolder | None:
    async with conn.cursor(row_factory=class_row(KeyHolder)) as cur:
        await cur.execute(query, {"hash": hash_secret(secret), "address": address})
        return await cur.fetchone()


# Also deletes expired sessions of all keys, and the oldest ones of this key.
BEGIN_SESSION = """
    WITH over AS (
        DELETE FROM sessions
         WHERE expires_at < now()
            OR hash IN (SELECT hash
                          FROM sessions
                         WHERE key_id = %(key_id)s
                         ORDER BY created_at DESC
                        OFFSET %(others)s)
    )
    INSERT INTO sessions (hash, key_id, expires_at)
    VALUES (%(hash)s, %(key_id)s, now() + %(lasts)s)
"""


async def begin_session(conn: AsyncConnection, key_id: UUID) -> str:
    """Create a session for an API key and return the value of its cookie."""
    session = new_session()
    await conn.execute(
        BEGIN_SESSION,
        {
            "hash": hash_secret(session),
            "key_id": key_id,
            "lasts": SESSION_LIFETIME,
            "others": MAX_SESSIONS - 1,
        },
    )
    return session


END_SESSION = "DELETE FROM sessions WHERE hash = %(hash)s"


async def end_session(conn: AsyncConnection, session: str) -> bool:
    """Delete the session of a cookie; return whether it existed."""
    return bool((await conn.execute(END_SESSION, {"hash": hash_secret(session)})).rowcount)


HAS_KEYS = "SELECT EXISTS (SELECT FROM api_keys)"


async def has_keys(conn: AsyncConnection) -> bool:
    """Return whether any API key exists, revoked ones included. If so, requests need a key."""
    cur = await conn.execute(HAS_KEYS)
    return bool((await anext(cur))[0])
