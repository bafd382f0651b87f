"""JSON straight from rows, past FastAPI."""

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
    shown: Json, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """What is shown as it is, past FastAPI; tests hold it to what the API describes."""
    return Response(dump_json(shown), status, headers, media_type="application/json")


def dump_json(shown: Json) -> bytes:
    """JSON in one line."""
    return orjson.dumps(shown, option=orjson.OPT_UTC_Z)


def serialize_summary(job: Job) -> Json:
    """A job without its items."""
    return {
        "id": job.id,
        "created_at": job.created_at,
        "status": job.status,
        "counts": dict(zip(_COUNTS, _read_counts(job), strict=True)),
    }
