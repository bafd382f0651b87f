"""Authentication, authorization and rate limits of every API route."""

import structlog
from fastapi import Request

from api.auth.open_access import OpenAccess, is_loopback
from api.auth.rate_limit import RATE_LIMIT_STATUS, RateLimiter, RateLimitStatus, network_of
from api.auth.scopes import access_of, allows
from api.auth.trusted_hosts import is_origin_of, is_trusted_host
from api.background.audit_trail import AuditTrail
from core.errors import GalleryError, NotAllowedError, NotAuthenticatedError, RateLimitedError
from infra.database.pool import Database
from infra.database.queries.audit import AuditEvent
from infra.database.queries.sessions import KeyHolder, find_by_key, find_by_session
from infra.settings import Settings

SESSION_COOKIE = "gallery_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Refusals, and their reasons in the audit trail: the problem types of the responses.
_REASONS: dict[type[GalleryError], str] = {
    NotAuthenticatedError: "not-authenticated",
    NotAllowedError: "not-allowed",
    RateLimitedError: "rate-limited",
}
_MAX_PATH = 200


class AccessControl:
    """Authentication, authorization and rate limits of an API process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        open_access: OpenAccess,
        rate_limiter: RateLimiter,
        audit_trail: AuditTrail,
    ) -> None:
        self._settings = settings
        self._database = database
        self._open_access = open_access
        self._rate_limiter = rate_limiter
        self._audit_trail = audit_trail

    async def check(self, request: Request) -> KeyHolder | None:
        """Authenticate a request and check its scope and rate limits. Refusals are audited.

        Returns:
            The API key of the request; None for a request without a key, which is allowed for
            public operations and while the service has no keys.

        Raises:
            NotAuthenticatedError: the key or session is missing or invalid.
            RateLimitedError: the key or the client address exceeded its requests per minute.
            NotAllowedError: the key lacks the scope, the request is cross-origin, or the client
                address or host name may not be served without a key.
        """
        try:
            return await self._check(request)
        except tuple(_REASONS) as error:
            self._audit_refusal(request, error)
            raise

    async def _check(self, request: Request) -> KeyHolder | None:
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
        return holder

    def _audit_refusal(self, request: Request, error: GalleryError) -> None:
        """Record a refusal; equal ones of the same client within a minute are counted."""
        address = request.client.host if request.client else ""
        context = structlog.contextvars.get_contextvars()
        details = {
            "reason": _REASONS[type(error)],
            "method": request.method,
            "path": request.url.path[:_MAX_PATH],
        }
        event = AuditEvent(
            event="request.refused",
            outcome="refused",
            key_name=context.get("key"),
            address=address,
            request_id=context.get("request_id"),
            details=details,
        )
        self._audit_trail.refuse(network_of(address), event)

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
        address = request.client.host if request.client else None
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme:
            if scheme.lower() != "bearer":
                raise NotAuthenticatedError("Send the API key as `Authorization: Bearer KEY`.")
            async with self._database.connection() as conn:
                holder = await find_by_key(conn, key.strip(), address=address)
            if holder is None:
                raise NotAuthenticatedError
            return holder
        if request.method not in SAFE_METHODS:
            _check_same_origin(request)
        session = request.cookies.get(SESSION_COOKIE)
        if not session:
            return None
        async with self._database.connection() as conn:
            return await find_by_session(conn, session, address=address)

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
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    # `none` states that no page made the request; an `Origin` of another host contradicts it.
    if site == "none" and origin is not None:
        is_foreign = not is_origin_of(origin, request.headers.get("host", ""))
    else:
        is_foreign = site not in ("same-origin", "none")
    if is_foreign:
        raise NotAllowedError("Cross-origin request refused.")
