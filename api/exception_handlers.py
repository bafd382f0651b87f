"""Exception handlers: which exception becomes which problem response."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.auth.rate_limit import RateLimitStatus
from api.middleware.body_limits import BodyRejectedError
from api.problems import ProblemPart, ProblemResponse, problem
from core.errors import (
    ConflictError,
    FeatureOffError,
    GalleryError,
    IdempotencyKeyReusedError,
    InvalidRequestError,
    NotAllowedError,
    NotAuthenticatedError,
    NotFoundError,
    ObjectNotFoundError,
    PreconditionFailedError,
    QuerySyntaxError,
    RateLimitedError,
    RequestStalledError,
    RequestTooLargeError,
    UnavailableError,
)
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

RETRY_AFTER_SECONDS = "2"

# A list of wrong ids has one error for each of them.
MAX_PARTS = 20

PROBLEMS: dict[type[GalleryError], tuple[HTTPStatus, str]] = {
    NotFoundError: (HTTPStatus.NOT_FOUND, "not-found"),
    ObjectNotFoundError: (HTTPStatus.NOT_FOUND, "not-found"),
    NotAuthenticatedError: (HTTPStatus.UNAUTHORIZED, "not-authenticated"),
    NotAllowedError: (HTTPStatus.FORBIDDEN, "not-allowed"),
    ConflictError: (HTTPStatus.CONFLICT, "conflict"),
    PreconditionFailedError: (HTTPStatus.PRECONDITION_FAILED, "precondition-failed"),
    RequestTooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request-too-large"),
    RequestStalledError: (HTTPStatus.REQUEST_TIMEOUT, "request-stalled"),
    IdempotencyKeyReusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused"),
    InvalidRequestError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request"),
    FeatureOffError: (HTTPStatus.NOT_IMPLEMENTED, "feature-off"),
    UnavailableError: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
}
"""Status code and problem type of each exception class."""

HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": RETRY_AFTER_SECONDS},
    HTTPStatus.REQUEST_TIMEOUT: {"Connection": "close"},  # the rest of the body is not read
}
"""Additional response headers by status code."""

Handler = Callable[[Request, Any], Awaitable[JSONResponse]]


def add_problem_handlers(app: FastAPI) -> None:
    """Register the handlers of all exceptions that routes and middleware raise."""
    for error, (status, kind) in PROBLEMS.items():
        app.add_exception_handler(error, _handler(status, kind))
    app.add_exception_handler(QuerySyntaxError, _on_query_syntax)
    app.add_exception_handler(RateLimitedError, _on_rate_limited)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(BodyRejectedError, _on_body_rejected)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_unexpected_error)


def _handler(status: HTTPStatus, kind: str) -> Handler:
    headers = HEADERS.get(status)

    async def handle(_: Request, error: GalleryError) -> ProblemResponse:
        return problem(status, kind, str(error), headers=headers)

    return handle


async def _on_body_rejected(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BodyRejectedError)
    handlers = request.app.exception_handlers
    handle = next(handlers[kind] for kind in type(error.reason).__mro__ if kind in handlers)
    response: JSONResponse = await handle(request, error.reason)
    return response


async def _on_query_syntax(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, QuerySyntaxError)
    part = ProblemPart(pointer="query/q", detail=str(error), start=error.start, end=error.end)
    detail = f"{error} (At character {error.start + 1} of the search.)"
    return problem(HTTPStatus.BAD_REQUEST, "query-syntax", detail, errors=[part])


async def _on_rate_limited(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RateLimitedError)
    left = RateLimitStatus(error.limit, 0, error.retry_after)
    headers = left.headers() | {"Retry-After": str(error.retry_after)}
    return problem(HTTPStatus.TOO_MANY_REQUESTS, "rate-limited", str(error), headers=headers)


async def _on_invalid_request(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    # The field `input` is omitted because it would echo the client's bytes.
    found = error.errors()
    parts = [
        ProblemPart(pointer="/".join(str(part) for part in each["loc"]), detail=each["msg"])
        for each in found[:MAX_PARTS]
    ]
    detail = "; ".join(f"{part.pointer}: {part.detail}" for part in parts)
    if len(found) > MAX_PARTS:
        detail += f"; and {len(found) - MAX_PARTS:,} more"
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", detail, errors=parts)


async def _on_http_error(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:  # FastAPI raises 400 for a body that is not valid text
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", str(error.detail))
    kind = status.phrase.lower().replace(" ", "-")
    headers = dict(error.headers) if error.headers else None
    return problem(status, kind, str(error.detail), headers=headers)


async def _on_unexpected_error(request: Request, error: Exception) -> ProblemResponse:
    log.error("request.failed", method=request.method, path=request.url.path, exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "Internal server error; report the `request_id` to the operator.",
    )
