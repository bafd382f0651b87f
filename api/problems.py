"""Problem responses according to RFC 9457: schema and OpenAPI documentation."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field


class ProblemPart(BaseModel):
    """One error in a request, with its location."""

    pointer: str = Field(
        description="Location of the error, such as `query/limit` or `body/ids/0`."
    )
    detail: str
    start: int | None = Field(
        None, description="In a search: index of the first wrong character, from 0."
    )
    end: int | None = Field(None, description="In a search: index after the last wrong character.")


class Problem(BaseModel):
    """Error response (RFC 9457)."""

    type: str = Field(description="Stable identifier of the problem type, for programs.")
    title: str
    status: int = Field(description="HTTP status code.")
    detail: str | None = None
    errors: list[ProblemPart] | None = None
    request_id: str | None = Field(
        None, description="Id of the request in the service's logs, for support."
    )


class ProblemResponse(JSONResponse):
    """JSON response with the media type of RFC 9457."""

    media_type = "application/problem+json"


def problem(
    status: HTTPStatus,
    kind: str,
    detail: str | None = None,
    *,
    errors: list[ProblemPart] | None = None,
    headers: dict[str, str] | None = None,
) -> ProblemResponse:
    """Build a problem response.

    Args:
        status: HTTP status code; its phrase is the title.
        kind: Last segment of the problem type `/problems/<kind>`.
        detail: Explanation for users.
        errors: Individual errors with their locations.
        headers: Additional response headers.
    """
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
    """Document the problem responses of a route: `responses=problems(404)`."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content, "model": Problem}
        for status in statuses
    }
