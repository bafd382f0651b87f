"""Create, list and revoke API keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from psycopg import Connection
from psycopg.rows import class_row

from core.credentials import hash_secret, new_key, visible_prefix
from core.errors import NotFoundError
from core.ids import new_id

Scope = Literal["read", "submit", "review", "manage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """Metadata of an API key. The database holds only the hash of the key itself."""

    prefix: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    is_valid: bool


CREATE_KEY = """
    INSERT INTO api_keys (id, name, prefix, hash, scopes, expires_at)
    VALUES (%(id)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s,
            now() + %(valid_for)s::interval)
"""


def create_key(
    conn: Connection, name: str, scopes: Sequence[Scope], *, valid_for: timedelta | None = None
) -> str:
    """Create an API key and return it. The key cannot be read again later."""
    key = new_key()
    conn.execute(
        CREATE_KEY,
        {
            "id": new_id(),
            "name": name,
            "prefix": visible_prefix(key),
            "hash": hash_secret(key),
            "scopes": list(dict.fromkeys(scopes)),
            "valid_for": valid_for,
        },
    )
    return key


LIST_KEYS = """
    SELECT prefix, name, scopes, created_at, expires_at, last_used_at, revoked_at,
           revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS is_valid
      FROM api_keys
     ORDER BY created_at
"""


def list_keys(conn: Connection) -> list[ApiKey]:
    """Return all keys, oldest first, including expired and revoked ones."""
    with conn.cursor(row_factory=class_row(ApiKey)) as cur:
        return cur.execute(LIST_KEYS).fetchall()


REVOKE_KEY = """
    UPDATE api_keys
       SET revoked_at = coalesce(revoked_at, now())
     WHERE prefix = %(prefix)s
"""


def revoke_key(conn: Connection, prefix: str) -> None:
    """Revoke the key with this prefix. Its sessions become invalid immediately.

    Raises:
        NotFoundError: No key has this prefix.
    """
    cur = conn.execute(REVOKE_KEY, {"prefix": visible_prefix(prefix)})
    if not cur.rowcount:
        raise NotFoundError(
            f"There is no key with the prefix {visible_prefix(prefix)}. "
            "List the keys with `gallery keys list`."
        )
