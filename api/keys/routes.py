"""Routes of API keys: list, create, rotate and revoke.

A key never gives more than it has: its successors and the keys that it creates have no other scopes
and expire no later.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response

from api.auth.audit import AuditDep
from api.auth.dependencies import Caller
from api.auth.open_access import is_loopback
from api.auth.scopes import allows, requires
from api.dependencies import DatabaseDep
from api.keys.schemas import KeyCreated, KeyList, KeyRead, NewKey, Rotation
from api.problems import problems
from core.errors import NotAllowedError
from infra.database.queries import api_keys
from infra.database.queries.api_keys import ApiKey, CreatedKey, Scope
from infra.database.queries.audit import add_events
from infra.database.queries.sessions import KeyHolder

router = APIRouter(prefix="/keys", tags=["keys"])

KeyId = Annotated[UUID, Path(description="ID of the key.")]


@router.get("", operation_id="listKeys", responses=problems(503))
@requires("manage")
async def list_keys(database: DatabaseDep, caller: Caller) -> KeyList:
    """List all API keys, including expired and revoked ones."""
    async with database.connection() as conn:
        keys = await api_keys.read_keys(conn)
    return KeyList(items=[_read(key, caller) for key in keys])


@router.post(
    "",
    operation_id="createKey",
    status_code=HTTPStatus.CREATED,
    responses=problems(422, 503),
)
@requires("manage")
async def create_key(
    wanted: NewKey, response: Response, database: DatabaseDep, caller: Caller, audit: AuditDep
) -> KeyCreated:
    """Create an API key. The response contains it; it cannot be read again.

    The new key has only scopes of the key that creates it, and expires no later. The first key can
    be created from this machine only, and ends access without a key.
    """
    _check_scopes(wanted.scopes, caller, audit.address)
    async with database.connection() as conn, conn.transaction():
        created = await api_keys.issue_key(
            conn,
            wanted.name,
            wanted.scopes,
            valid_for=wanted.valid_for(),
            not_after=_not_after(caller),
        )
        event = audit.event("key.created", **facts_of(created.row))
        await add_events(conn, [event])
    audit.trail.log(event)
    return _created(created, caller, response)


@router.post(
    "/{key_id}/rotate",
    operation_id="rotateKey",
    status_code=HTTPStatus.CREATED,
    responses=problems(404, 422, 503),
)
@requires("manage")
async def rotate_key(
    key_id: KeyId,
    wanted: Rotation,
    response: Response,
    database: DatabaseDep,
    caller: Caller,
    audit: AuditDep,
) -> KeyCreated:
    """Replace an API key by one with the same name and scopes.

    Both are valid until the old one expires, after `overlap_hours` at the latest.
    """
    async with database.connection() as conn, conn.transaction():
        old = await api_keys.get_key(conn, key_id)
        _check_scopes(old.scopes, caller, audit.address)
        created = await api_keys.succeed_key(
            conn,
            old,
            overlap=wanted.overlap(),
            valid_for=wanted.valid_for(),
            not_after=_not_after(caller),
        )
        event = audit.event("key.rotated", replaced=old.prefix, **facts_of(created.row))
        await add_events(conn, [event])
    audit.trail.log(event)
    return _created(created, caller, response)


@router.delete(
    "/{key_id}",
    operation_id="revokeKey",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(404, 422, 503),
)
@requires("manage")
async def revoke_key(key_id: KeyId, database: DatabaseDep, audit: AuditDep) -> None:
    """Revoke an API key and its sessions, effective at once."""
    async with database.connection() as conn, conn.transaction():
        key = await api_keys.get_key(conn, key_id)
        await api_keys.end_key(conn, key_id)
        event = audit.event("key.revoked", **facts_of(key))
        await add_events(conn, [event])
    audit.trail.log(event)


def facts_of(key: ApiKey) -> dict[str, Any]:
    """Return the details of an audit event about a key."""
    return {"prefix": key.prefix, "name": key.name, "scopes": key.scopes}


def _check_scopes(scopes: Sequence[Scope], caller: KeyHolder | None, address: str) -> None:
    """Check that the caller has the scopes that it wants to give to a key.

    Raises:
        NotAllowedError: It lacks one, or it has no key and is not on this machine.
    """
    if caller is None:
        if not is_loopback(address):
            raise NotAllowedError(
                "The first key can be created on the server only, with `gallery keys create`."
            )
        return
    if missing := [each for each in scopes if not allows(caller.scopes, each)]:
        raise NotAllowedError(
            f"This API key lacks the scopes {', '.join(sorted(missing))}, so it cannot give them "
            "to another key."
        )


def _not_after(caller: KeyHolder | None) -> datetime | None:
    return caller.expires_at if caller else None


def _read(key: ApiKey, caller: KeyHolder | None) -> KeyRead:
    return KeyRead(**asdict(key), is_own=caller is not None and caller.id == key.id)


def _created(created: CreatedKey, caller: KeyHolder | None, response: Response) -> KeyCreated:
    response.headers["Cache-Control"] = "no-store"
    return KeyCreated(**_read(created.row, caller).model_dump(), key=created.key)
