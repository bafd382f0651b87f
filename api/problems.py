"""RFC 9457 problems: the one place where our errors become HTTP."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

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
    RequestStalledError,
    RequestTooLargeError,
    UnavailableError,
)

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
