"""Jobs as the JSON that clients see: the shapes `JobRead` and `JobSummary`, as dictionaries.

Whoever waits for a job of a thousand files asks for it again and again: see `pictures`.
"""

from collections.abc import Sequence

from api.images.serializer import serialize_tags
from api.serialization import Json, serialize_summary
from infra.database.queries.jobs import Job, JobItem


def serialize_job(job: Job, items: Sequence[JobItem]) -> Json:
    """A job, and these of its items."""
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
