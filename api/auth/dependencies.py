"""The dependency that guards every API route, and the caller it identifies."""

from typing import Annotated

from fastapi import Depends, Request

from api.auth.access_control import AccessControl
from api.dependencies import resource
from infra.database.queries.sessions import KeyHolder

AccessControlDep = Annotated[AccessControl, resource("access_control")]


async def guard(request: Request, access_control: AccessControlDep) -> KeyHolder | None:
    """Authenticate a request and check its scope and rate limits; see `AccessControl.check`."""
    return await access_control.check(request)


Caller = Annotated[KeyHolder | None, Depends(guard)]


def may_read(caller: KeyHolder | None) -> bool:
    """Return whether a response may contain images and their tags.

    Keys without the scope `read` change images without seeing them.
    """
    return caller is None or "read" in caller.scopes
