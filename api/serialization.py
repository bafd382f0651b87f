"""JSON responses that bypass pydantic, for speed.

A page may hold 500 objects; validating one model for each would take most of the response time.
Serializers therefore build dictionaries. Unit tests compare them with the documented schemas.
"""

from collections.abc import Mapping
from http import HTTPStatus
from operator import attrgetter
from typing import Any, TypeAlias

import orjson
from fastapi import Response

from api.schemas import JobCounts
from infra.database.queries.jobs import Job

Json: TypeAlias = dict[str, Any]
_COUNTS = tuple(JobCounts.model_fields)
_read_counts = attrgetter(*_COUNTS)


def json_response(
    content: Json, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON response without validation by FastAPI."""
    return Response(dump_json(content), status, headers, media_type="application/json")


def dump_json(content: Json) -> bytes:
    """Encode content as JSON on one line, with times in UTC and the suffix `Z`."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def serialize_summary(job: Job) -> Json:
    """Return a job in the shape of `JobSummary`."""
    return {
        "id": job.id,
        "created_at": job.created_at,
        "status": job.status,
        "counts": dict(zip(_COUNTS, _read_counts(job), strict=True)),
    }
