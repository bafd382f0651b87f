"""Who may do what: the one guard before every route of the API."""

from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request

from api.auth.open_access import is_loopback
from api.auth.rate_limit import RateLimitStatus
from api.auth.scopes import PUBLIC, SCOPES
from api.auth.trusted_hosts import is_trusted_host
from api.dependencies import Service, ServiceDep
from api.middleware.request_context import RATE_LIMIT_STATUS
from core.errors import NotAllowedError, NotAuthenticatedError
from infra.database.queries.sessions import KeyHolder, find_by_key, find_by_session
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

SESSION_COOKIE = "gallery_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def guard(request: Request, service: ServiceDep) -> KeyHolder | None:
    """Let a request pass, and say whose it is; None where no keys are asked for.

    Raises:
        NotAuthenticatedError: it shows no key, or none that counts.
        RateLimitedError: its key or its address has made too many requests in this minute.
        NotAllowedError: its key does not reach as far, or it comes from another site's page.
    """
    operation = getattr(request.scope.get("route"), "operation_id", None)
    _count_address(request, service)
    holder = await _identify(request, service)
    if holder is not None:
        structlog.contextvars.bind_contextvars(key=holder.name)
        _note(request, service.rate_limiter.count_key(holder.id))
    if operation in PUBLIC:
        return holder
    scope = SCOPES.get(operation or "")
    if holder is None:
        await _check_open(request, service)
    elif scope is None or scope not in holder.scopes:
        raise NotAllowedError(
            f"This key is not for that: it takes the scope `{scope}`." if scope else None
        )
    if scope == "manage":
        log.info("gallery managed", operation=operation)
    return holder


Caller = Annotated[KeyHolder | None, Depends(guard)]


def _count_address(request: Request, service: Service) -> None:
    """This machine's own programs need no limit, and are behind one address, all of them."""
    address = request.client.host if request.client else ""
    if not is_loopback(address):
        _note(request, service.rate_limiter.count_address(address))


def _note(request: Request, allowance: RateLimitStatus | None) -> None:
    """Have the answer tell of the limit that is nearest."""
    before: RateLimitStatus | None = request.scope.get(RATE_LIMIT_STATUS)
    if allowance and (before is None or allowance.remaining < before.remaining):
        request.scope[RATE_LIMIT_STATUS] = allowance


async def _identify(request: Request, service: Service) -> KeyHolder | None:
    """Whose key or cookie comes along. A key in the header counts alone."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer":
            raise NotAuthenticatedError("Send the key as `Authorization: Bearer KEY`.")
        async with service.database.connection() as conn:
            holder = await find_by_key(conn, key.strip())
        if holder is None:
            raise NotAuthenticatedError
        return holder
    if request.method not in SAFE_METHODS:
        _check_same_origin(request)
    session = request.cookies.get(SESSION_COOKIE)
    if not session:
        return None
    async with service.database.connection() as conn:
        return await find_by_session(conn, session)


def _check_same_origin(request: Request) -> None:
    """Another site's page must not act through a browser that may: signed in, or on this machine.

    Programs send neither of the two headers.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = site is not None and site not in ("same-origin", "none")
    if site is None and origin is not None:
        foreign = urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        raise NotAllowedError("Pages of other sites may not do that.")


async def _check_open(request: Request, service: Service) -> None:
    """Whether somebody without a key may pass."""
    if not await service.open_access.ask():
        raise NotAuthenticatedError
    _check_is_local(request, service)


def _check_is_local(request: Request, service: Service) -> None:
    """Without keys, only this machine is answered, unless the operator says otherwise.

    Nor is a page that has made a name of its own lead here.
    """
    host = request.headers.get("host", "")
    if not is_trusted_host(host, service.settings):
        raise NotAllowedError(
            "Under this name the gallery answers only who has a key. If the name is yours, put it "
            "into GALLERY_ALLOWED_HOSTS, or make a key with `gallery keys create`."
        )
    if not service.settings.allow_open and not is_loopback(
        request.client.host if request.client else ""
    ):
        raise NotAllowedError(
            "There are no keys yet, so only this machine is answered. "
            "Make one with `gallery keys create`."
        )
