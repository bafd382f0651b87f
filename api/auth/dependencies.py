"""Authentication, authorization and rate limits of every API route."""

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
    """Authenticate a request and check its scope and rate limits.

    Returns:
        The API key of the request; None for a request without a key, which is allowed for public
        operations and while the service has no keys.

    Raises:
        NotAuthenticatedError: The key or session is missing or invalid.
        RateLimitedError: The key or the client address exceeded its requests per minute.
        NotAllowedError: The key lacks the scope, the request is cross-origin, or the client address
            or host name may not be served without a key.
    """
    operation = getattr(request.scope.get("route"), "operation_id", None)
    _count_address(request, service)
    holder = await _authenticate(request, service)
    if holder is not None:
        structlog.contextvars.bind_contextvars(key=holder.name)
        _keep_nearest_limit(request, service.rate_limiter.count_key(holder.id))
    if operation in PUBLIC:
        return holder
    scope = SCOPES.get(operation or "")
    if holder is None:
        await _check_open_access(request, service)
    elif scope is None or scope not in holder.scopes:
        raise NotAllowedError(
            f"This API key lacks the scope `{scope}`. Use a key that has it." if scope else None
        )
    if scope == "manage":
        log.info("operation.authorized", operation=operation)
    return holder


Caller = Annotated[KeyHolder | None, Depends(guard)]


def _count_address(request: Request, service: Service) -> None:
    """Count the request for its client address, except for loopback.

    All local programs share the loopback address, so one of them could use up the limit of others.
    """
    address = request.client.host if request.client else ""
    if not is_loopback(address):
        _keep_nearest_limit(request, service.rate_limiter.count_address(address))


def _keep_nearest_limit(request: Request, status: RateLimitStatus | None) -> None:
    """Store the limit with fewer remaining requests for the response headers."""
    before: RateLimitStatus | None = request.scope.get(RATE_LIMIT_STATUS)
    if status and (before is None or status.remaining < before.remaining):
        request.scope[RATE_LIMIT_STATUS] = status


async def _authenticate(request: Request, service: Service) -> KeyHolder | None:
    """Return the API key of the `Authorization` header or, without that header, of the session."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer":
            raise NotAuthenticatedError("Send the API key as `Authorization: Bearer KEY`.")
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
    """Refuse state-changing requests that a page of another origin makes (CSRF).

    Browsers send `Sec-Fetch-Site` or `Origin`; other clients send neither and are not affected.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    is_foreign = site is not None and site not in ("same-origin", "none")
    if site is None and origin is not None:
        is_foreign = urlsplit(origin).netloc != request.headers.get("host")
    if is_foreign:
        raise NotAllowedError("Cross-origin request refused.")


async def _check_open_access(request: Request, service: Service) -> None:
    """Check that a request without a key may pass.

    Raises:
        NotAuthenticatedError: API keys exist.
        NotAllowedError: The client address or the host name is not trusted.
    """
    if not await service.open_access.is_open():
        raise NotAuthenticatedError
    host = request.headers.get("host", "")
    if not is_trusted_host(host, service.settings):
        raise NotAllowedError(
            "Untrusted host name. Add it to GALLERY_ALLOWED_HOSTS, or create an API key with "
            "`gallery keys create`."
        )
    if not service.settings.allow_open and not is_loopback(
        request.client.host if request.client else ""
    ):
        raise NotAllowedError(
            "No API keys exist, so only requests from this machine are served. "
            "Create a key with `gallery keys create`."
        )
