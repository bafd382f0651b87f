"""Scopes of operations, declared where each route is defined.

An operation without a declaration is refused for every key.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, TypeVar

from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from infra.database.queries.api_keys import Scope

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Access = Scope | Literal["public"]

_ATTRIBUTE: Final = "gallery_access"


def requires(access: Access) -> Callable[[Endpoint], Endpoint]:
    """Declare the scope that a route requires.

    Args:
        access: a scope of API keys, or `public` for operations that need no key (sign-in, sign-out
            and health probes).
    """

    def declare(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ATTRIBUTE, access)
        return endpoint

    return declare


def access_of(endpoint: object) -> Access | None:
    """Return what a route declares; None without a declaration."""
    return getattr(endpoint, _ATTRIBUTE, None)


def allows(scopes: Iterable[Scope], access: Scope) -> bool:
    """Return whether a key with these scopes may use an operation. `manage` includes `review`."""
    return access in scopes or (access == "review" and "manage" in scopes)


def access_by_operation(routes: Iterable[BaseRoute]) -> dict[str, Access | None]:
    """Return the declarations of API routes by operation id."""
    return {
        route.operation_id: access_of(route.endpoint)
        for route in iter_route_contexts(list(routes))
        if isinstance(route.original_route, APIRoute) and route.operation_id
    }
