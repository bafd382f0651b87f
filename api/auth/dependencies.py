"""The dependency that guards every API route, and the caller it identifies."""

from typing import Annotated, Final

from fastapi import Depends, Request

from api.auth.access_control import AccessControl
from api.auth.open_access import is_loopback
from api.auth.rate_limit import network_of
from api.dependencies import resource
from infra.database.queries.sessions import KeyHolder

AccessControlDep = Annotated[AccessControl, resource("access_control")]

# Key of the ASGI scope under which the caller of an admitted request is kept.
_CALLER: Final = "gallery.caller"


async def guard(request: Request, access_control: AccessControlDep) -> KeyHolder | None:
    """Authenticate a request and check its scope and rate limits; see `AccessControl.check`.

    A request is checked once: before the first byte of a JSON body is read, otherwise as the first
    dependency of its route.
    """
    if _CALLER not in request.scope:
        request.scope[_CALLER] = await access_control.check(request)
    caller: KeyHolder | None = request.scope[_CALLER]
    return caller


Caller = Annotated[KeyHolder | None, Depends(guard)]


def client_of(request: Request) -> str | None:
    """Return what counts as one client for concurrency limits: the API key, else the address.

    None for loopback without a key: all local programs share that address.
    """
    caller: KeyHolder | None = request.scope.get(_CALLER)
    if caller is not None:
        return f"key:{caller.id}"
    address = request.client.host if request.client else ""
    return None if is_loopback(address) else f"address:{network_of(address)}"


def may_read(caller: KeyHolder | None) -> bool:
    """Return whether a response may contain images and their tags.

    Keys without the scope `read` change images without seeing them.
    """
    return caller is None or "read" in caller.scopes
