"""RFC 9457 problems: the one place where our errors become HTTP."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.auth.rate_limit import RateLimitStatus
from api.middleware.body_limits import BodyRejectedError
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
    QuerySyntaxError,
    RateLimitedError,
    RequestStalledError,
    RequestTooLargeError,
    UnavailableError,
)
from infra.telemetry.logging import get_logger

log = get_logger(__name__)

RETRY_AFTER_SECONDS = "2"

PROBLEMS: dict[type[GalleryError], tuple[HTTPStatus, str]] = {
    NotFoundError: (HTTPStatus.NOT_FOUND, "not-found"),
    ObjectNotFoundError: (HTTPStatus.NOT_FOUND, "not-found"),
    NotAuthenticatedError: (HTTPStatus.UNAUTHORIZED, "not-authenticated"),
    NotAllowedError: (HTTPStatus.FORBIDDEN, "not-allowed"),
    ConflictError: (HTTPStatus.CONFLICT, "conflict"),
    RequestTooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request-too-large"),
    RequestStalledError: (HTTPStatus.REQUEST_TIMEOUT, "request-stalled"),
    IdempotencyKeyReusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused"),
    InvalidRequestError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request"),
    FeatureOffError: (HTTPStatus.NOT_IMPLEMENTED, "feature-off"),
    UnavailableError: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
}

HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": RETRY_AFTER_SECONDS},
    HTTPStatus.REQUEST_TIMEOUT: {"Connection": "close"},  # the rest of it will not be waited for
}

Handler = Callable[[Request, Any], Awaitable[JSONResponse]]


class ProblemPart(BaseModel):
    """One thing wrong with a request, and where."""

    pointer: str = Field(description="Where: `query/limit`, `body/ids/0`.")
    detail: str
    start: int | None = Field(None, description="In a search: the first character that is wrong.")
    end: int | None = Field(None, description="In a search: the character behind the last.")


class Problem(BaseModel):
    """What went wrong, in words (RFC 9457)."""

    type: str = Field(description="A stable name of the kind of problem.")
    title: str
    status: int
    detail: str | None = None
    errors: list[ProblemPart] | None = None
    request_id: str | None = Field(None, description="Names this request in the service's log.")


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem(
    status: HTTPStatus,
    kind: str,
    detail: str | None = None,
    *,
    errors: list[ProblemPart] | None = None,
    headers: dict[str, str] | None = None,
) -> ProblemResponse:
    """Render a problem."""
    body = Problem(
        type=f"/problems/{kind}",
        title=status.phrase,
        status=status,
        detail=detail,
        errors=errors,
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
    )
    return ProblemResponse(body.model_dump(exclude_none=True), status, headers=headers)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document problem responses: `responses=problems(404)`."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content, "model": Problem}
        for status in statuses
    }


def add_problem_handlers(app: FastAPI) -> None:
    for error, (status, kind) in PROBLEMS.items():
        app.add_exception_handler(error, _render_as(status, kind))
    app.add_exception_handler(QuerySyntaxError, _on_query_syntax)
    app.add_exception_handler(RateLimitedError, _on_rate_limited)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(BodyRejectedError, _on_body_rejected)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_unexpected_error)


def _render_as(status: HTTPStatus, kind: str) -> Handler:
    headers = HEADERS.get(status)

    async def render(_: Request, error: GalleryError) -> ProblemResponse:
        return problem(status, kind, str(error), headers=headers)

    return render


async def _on_body_rejected(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BodyRejectedError)
    return await _render_as(*PROBLEMS[type(error.reason)])(request, error.reason)


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
    # `input` is left out: it would send the client's own bytes back.
    parts = [
        ProblemPart(pointer="/".join(str(part) for part in each["loc"]), detail=each["msg"])
        for each in error.errors()
    ]
    detail = "; ".join(f"{part.pointer}: {part.detail}" for part in parts)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", detail, errors=parts)


async def _on_http_error(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:  # FastAPI's word for a body that is no text at all
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", str(error.detail))
    kind = status.phrase.lower().replace(" ", "-")
    headers = dict(error.headers) if error.headers else None
    return problem(status, kind, str(error.detail), headers=headers)


async def _on_unexpected_error(request: Request, error: Exception) -> ProblemResponse:
    log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side."
    )
