"""Create, list, rotate and revoke API keys.

The functions with a `Connection` serve the commands, those with an `AsyncConnection` the API.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, LiteralString, NamedTuple, get_args
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row

from core.credentials import KEY_PREFIX, hash_secret, new_key, visible_prefix
from core.errors import InvalidRequestError, NotFoundError
from core.ids import new_id

Scope = Literal["read", "submit", "review", "manage"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

KEY_LIFETIME = timedelta(days=90)
"""Lifetime of a key whose creator requests no other."""

# A shorter part would be an accident rather than a choice.
_MIN_PART_LENGTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """Metadata of an API key. The database holds only the hash of the key itself."""

    id: UUID
    prefix: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_address: str | None
    revoked_at: datetime | None
    is_valid: bool


class CreatedKey(NamedTuple):
    """A new key and its metadata. The key cannot be read again later."""

    key: str
    row: ApiKey


_COLUMNS: LiteralString = """
    id, prefix, name, scopes, created_at, expires_at, last_used_at, last_used_address, revoked_at,
    revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS is_valid
"""

# `least` ignores NULL, so that a key without lifetime ends with `not_after`.
CREATE_KEY: LiteralString = f"""
    INSERT INTO api_keys (id, name, prefix, hash, scopes, expires_at)
    VALUES (%(id)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s,
            least(now() + %(valid_for)s::interval, %(not_after)s::timestamptz))
    RETURNING {_COLUMNS}
"""


def _new_key(
    *, valid_for: timedelta | None, not_after: datetime | None, **more: object
) -> tuple[str, dict[str, object]]:
    """Return a new key and the parameters of a statement that inserts it."""
    key = new_key()
    return key, {
        "id": new_id(),
        "prefix": visible_prefix(key),
        "hash": hash_secret(key),
        "valid_for": valid_for,
        "not_after": not_after,
        **more,
    }


def create_key(
    conn: Connection, name: str, scopes: Sequence[Scope], *, valid_for: timedelta | None = None
) -> str:
    """Create an API key and return it. Without `valid_for` it does not expire."""
    key, parameters = _new_key(
        valid_for=valid_for, not_after=None, name=name, scopes=list(dict.fromkeys(scopes))
    )
    conn.execute(CREATE_KEY, parameters)
    return key


async def issue_key(
    conn: AsyncConnection,
    name: str,
    scopes: Sequence[Scope],
    *,
    valid_for: timedelta | None,
    not_after: datetime | None,
) -> CreatedKey:
    """Create an API key.

    Args:
        conn: The connection.
        name: Name for people; need not be unique.
        scopes: What the key permits.
        valid_for: Lifetime; None for no limit.
        not_after: Time at which the key expires at the latest; None for no limit.
    """
    key, parameters = _new_key(
        valid_for=valid_for, not_after=not_after, name=name, scopes=list(dict.fromkeys(scopes))
    )
    async with conn.cursor(row_factory=class_row(ApiKey)) as cur:
        await cur.execute(CREATE_KEY, parameters)
        return CreatedKey(key, await anext(cur))


LIST_KEYS: LiteralString = f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at, id"


def list_keys(conn: Connection) -> list[ApiKey]:
    """Return all keys, oldest first, including expired and revoked ones."""
    with conn.cursor(row_factory=class_row(ApiKey)) as cur:
        return cur.execute(LIST_KEYS).fetchall()


async def read_keys(conn: AsyncConnection) -> list[ApiKey]:
    """Return all keys, oldest first, including expired and revoked ones."""
    async with conn.cursor(row_factory=class_row(ApiKey)) as cur:
        await cur.execute(LIST_KEYS)
        return await cur.fetchall()


GET_KEY: LiteralString = f"SELECT {_COLUMNS} FROM api_keys WHERE id = %(id)s"


async def get_key(conn: AsyncConnection, key_id: UUID) -> ApiKey:
    """Return the metadata of a key.

    Raises:
        NotFoundError: No key has this id.
    """
    async with conn.cursor(row_factory=class_row(ApiKey)) as cur:
        await cur.execute(GET_KEY, {"id": key_id})
        if found := await cur.fetchone():
            return found
    raise NotFoundError(f"There is no key {key_id}.")


def find_key(conn: Connection, part: str) -> ApiKey:
    """Return the key whose prefix begins with `part`, with or without `gal_`; or the whole key.

    Raises:
        NotFoundError: No key matches.
        InvalidRequestError: Several keys match, or the part is too short.
    """
    wanted = visible_prefix(part if part.startswith(KEY_PREFIX) else KEY_PREFIX + part)
    if len(wanted) < len(KEY_PREFIX) + _MIN_PART_LENGTH:
        raise InvalidRequestError(f"`{part}` is too short; give more of the prefix.")
    found = [key for key in list_keys(conn) if key.prefix.startswith(wanted)]
    if not found:
        raise NotFoundError(
            f"There is no key with the prefix {wanted}. List the keys with `gallery keys list`."
        )
    if len(found) > 1:
        names = ", ".join(f"{key.prefix} ({key.name})" for key in found)
        raise InvalidRequestError(f"Several keys begin with {wanted}: {names}. Give more of it.")
    return found[0]


REVOKE_KEY = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %(id)s"


def revoke_key(conn: Connection, part: str) -> ApiKey:
    """Revoke a key (see `find_key`) and return it. Its sessions become invalid immediately.

    Raises:
        NotFoundError: No key matches.
        InvalidRequestError: Several keys match.
    """
    key = find_key(conn, part)
    conn.execute(REVOKE_KEY, {"id": key.id})
    return key


async def end_key(conn: AsyncConnection, key_id: UUID) -> None:
    """Revoke a key. Its sessions become invalid immediately."""
    await conn.execute(REVOKE_KEY, {"id": key_id})


# Both keys are valid until the old one ends, so that clients can be changed one after another.
ROTATE_KEY: LiteralString = f"""
    WITH old AS (
        UPDATE api_keys
           SET expires_at = least(expires_at, now() + %(overlap)s::interval)
         WHERE id = %(old_id)s
           AND revoked_at IS NULL
           AND (expires_at IS NULL OR expires_at > now())
        RETURNING name, scopes
    )
    INSERT INTO api_keys (id, name, prefix, hash, scopes, expires_at)
    SELECT %(id)s, name, %(prefix)s, %(hash)s, scopes,
           least(now() + %(valid_for)s::interval, %(not_after)s::timestamptz)
      FROM old
    RETURNING {_COLUMNS}
"""
_ENDED = "The key has expired or was revoked; create a new one."


def rotate_key(
    conn: Connection, old: ApiKey, *, overlap: timedelta, valid_for: timedelta | None
) -> CreatedKey:
    """Create a successor with the same name and scopes; the old key expires after `overlap`.

    Raises:
        InvalidRequestError: The old key is not valid any more.
    """
    key, parameters = _new_key(valid_for=valid_for, not_after=None, old_id=old.id, overlap=overlap)
    with conn.cursor(row_factory=class_row(ApiKey)) as cur:
        if row := cur.execute(ROTATE_KEY, parameters).fetchone():
            return CreatedKey(key, row)
    raise InvalidRequestError(_ENDED)


async def succeed_key(
    conn: AsyncConnection,
    old: ApiKey,
    *,
    overlap: timedelta,
    valid_for: timedelta | None,
    not_after: datetime | None,
) -> CreatedKey:
    """Rotate a key like `rotate_key`; the successor expires at `not_after` at the latest.

    Raises:
        InvalidRequestError: The old key is not valid any more.
    """
    key, parameters = _new_key(
        valid_for=valid_for, not_after=not_after, old_id=old.id, overlap=overlap
    )
    async with conn.cursor(row_factory=class_row(ApiKey)) as cur:
        await cur.execute(ROTATE_KEY, parameters)
        if row := await cur.fetchone():
            return CreatedKey(key, row)
    raise InvalidRequestError(_ENDED)
