"""Convert jobs from database rows to JSON."""

from collections.abc import Sequence

from api.images.serializer import serialize_tags
from api.serialization import Json, serialize_summary
from infra.database.queries.jobs import Job, JobItem


def serialize_job(job: Job, items: Sequence[JobItem]) -> Json:
    """Return a job with the given items in the shape of `JobRead`."""
    return serialize_summary(job) | {
        "items": [_serialize_item(item) for item in items],
        "cursor": job.read_at.isoformat(),
    }


def _serialize_item(item: JobItem) -> Json:
    predictions, _ = serialize_tags(item.tags, item.scores)
    return {
        "position": item.position,
        "name": item.name,
        "outcome": item.outcome,
        "image_id": item.image_id,
        "status": item.status,
        "problem": item.problem_code
        and {"code": item.problem_code, "detail": item.problem_detail or ""},
        "predictions": predictions,
    }
