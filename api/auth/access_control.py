"""Authentication, authorization and rate limits of every API route."""

from urllib.parse import urlsplit

import structlog
from fastapi import Request

from api.auth.open_access import OpenAccess, is_loopback
from api.auth.rate_limit import RATE_LIMIT_STATUS, RateLimiter, RateLimitStatus
from api.auth.scopes import access_of, allows
from api.auth.trusted_hosts import is_trusted_host
from core.errors import NotAllowedError, NotAuthenticatedError
from infra.database.pool import Database
from infra.database.queries.sessions import KeyHolder, find_by_key, find_by_session
from infra.settings import Settings
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

SESSION_COOKIE = "gallery_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class AccessControl:
    """Authentication, authorization and rate limits of an API process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        open_access: OpenAccess,
        rate_limiter: RateLimiter,
    ) -> None:
        self._settings = settings
        self._database = database
        self._open_access = open_access
        self._rate_limiter = rate_limiter

    async def check(self, request: Request) -> KeyHolder | None:
        """Authenticate a request and check its scope and rate limits.

        Returns:
            The API key of the request; None for a request without a key, which is allowed for
            public operations and while the service has no keys.

        Raises:
            NotAuthenticatedError: the key or session is missing or invalid.
            RateLimitedError: the key or the client address exceeded its requests per minute.
            NotAllowedError: the key lacks the scope, the request is cross-origin, or the client
                address or host name may not be served without a key.
        """
        access = access_of(request.scope.get("endpoint"))
        self._count_address(request)
        holder = await self._authenticate(request)
        if holder is not None:
            structlog.contextvars.bind_contextvars(key=holder.name)
            _keep_nearest_limit(request, self._rate_limiter.count_key(holder.id))
        if access == "public":
            return holder
        if holder is None:
            await self._check_open_access(request)
        elif access is None or not allows(holder.scopes, access):
            raise NotAllowedError(
                f"This API key lacks the scope `{access}`. Use a key that has it."
                if access
                else None
            )
        if access == "manage":
            log.info("operation.authorized", operation=request.scope["route"].operation_id)
        return holder

    def _count_address(self, request: Request) -> None:
        """Count the request for its client address, except for loopback.

        All local programs share the loopback address, so one of them could use up the limit of
        others.
        """
        address = request.client.host if request.client else ""
        if not is_loopback(address):
            _keep_nearest_limit(request, self._rate_limiter.count_address(address))

    async def _authenticate(self, request: Request) -> KeyHolder | None:
        """Return the API key of the `Authorization` header or, without it, of the session."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme:
            if scheme.lower() != "bearer":
                raise NotAuthenticatedError("Send the API key as `Authorization: Bearer KEY`.")
            async with self._database.connection() as conn:
                holder = await find_by_key(conn, key.strip())
            if holder is None:
                raise NotAuthenticatedError
            return holder
        if request.method not in SAFE_METHODS:
            _check_same_origin(request)
        session = request.cookies.get(SESSION_COOKIE)
        if not session:
            return None
        async with self._database.connection() as conn:
            return await find_by_session(conn, session)

    async def _check_open_access(self, request: Request) -> None:
        """Check that a request without a key may pass.

        Raises:
            NotAuthenticatedError: API keys exist.
            NotAllowedError: the client address or the host name is not trusted.
        """
        if not await self._open_access.is_open():
            raise NotAuthenticatedError
        if not is_trusted_host(request.headers.get("host", ""), self._settings):
            raise NotAllowedError(
                "Untrusted host name. Add it to GALLERY_ALLOWED_HOSTS, or create an API key with "
                "`gallery keys create`."
            )
        address = request.client.host if request.client else ""
        if not self._settings.allow_open and not is_loopback(address):
            raise NotAllowedError(
                "No API keys exist, so only requests from this machine are served. "
                "Create a key with `gallery keys create`."
            )


def _keep_nearest_limit(request: Request, status: RateLimitStatus | None) -> None:
    """Store the limit with fewer remaining requests for the response headers."""
    before: RateLimitStatus | None = request.scope.get(RATE_LIMIT_STATUS)
    if status and (before is None or status.remaining < before.remaining):
        request.scope[RATE_LIMIT_STATUS] = status


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
