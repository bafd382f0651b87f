"""Convert jobs from database rows to JSON."""

from collections.abc import Sequence

from api.images.serializer import serialize_tags
from api.serialization import Json, serialize_summary
from infra.database.queries.jobs import Job, JobItem


def serialize_job(job: Job, items: Sequence[JobItem], *, with_tags: bool = True) -> Json:
    """Return a job with the given items in the shape of `JobRead`.

    Args:
        job: The job.
        items: The items.
        with_tags: Whether the response may contain predictions.
    """
    return serialize_summary(job) | {
        "items": [_serialize_item(item, with_tags=with_tags) for item in items],
        "cursor": job.read_at.isoformat(),
    }


def _serialize_item(item: JobItem, *, with_tags: bool) -> Json:
    predictions, _ = serialize_tags(item.tags, item.scores) if with_tags else ([], [])
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
