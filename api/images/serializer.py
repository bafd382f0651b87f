"""Convert images from database rows to JSON."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from api.images.schemas import TagSource
from api.serialization import Json, dump_json
from core.errors import PreconditionFailedError
from core.predictions import ranked_tags
from core.vocabulary import load_vocabulary
from core.vocabulary.hierarchy import tags_above
from core.vocabulary.tags import FIRST_CATEGORY, FIRST_CUSTOM, Tag, load_tags
from infra.database.queries.images import Image
from infra.database.queries.verdicts import Verdict
from infra.database.search.estimate import Facets


def serialize_image(image: Image, matches: Sequence[Json] = ()) -> Json:
    """Return an image in the shape of `ImageRead`."""
    predictions, categories = serialize_tags(*image.model_tags)
    return {
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "media_type": image.media_type,
        "width": image.width,
        "height": image.height,
        "bytes": image.bytes,
        "created_at": image.created_at,
        "classified_at": image.classified_at,
        "deleted_at": image.deleted_at,
        "model": image.model,
        "failure": image.failure_code
        and {"code": image.failure_code, "detail": image.failure_detail},
        "predictions": predictions,
        "categories": categories,
        "tags": serialize_effective_tags(image),
        "matches": matches,
    }


def check_unchanged(image: Image, if_match: str | None) -> None:
    """Check the header If-Match.

    Raises:
        PreconditionFailedError: The client has another state of the image.
    """
    if if_match is None or if_match.strip() == "*":
        return
    expected = {each.strip().removeprefix("W/") for each in if_match.split(",")}
    if entity_tag(dump_json(serialize_image(image))) not in expected:
        raise PreconditionFailedError(
            "The image has changed since it was read; retrieve it again and repeat the request."
        )


def entity_tag(body: bytes) -> str:
    """Return the header `ETag` of a response with this body."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def serialize_effective_tags(image: Image) -> list[Json]:
    """Return the effective tags, best first, and then the rejected ones, as `ImageTagRead`."""
    known = image.known_tags
    decided = image.decided
    if decided is None:
        return [
            _tag(known[tag], score, _given_by(tag), None)
            for tag, score in ranked_tags(image.tags, image.scores)
        ]
    by_person = set(decided.confirmed).union(*map(tags_above, decided.confirmed))
    given = dict(zip(decided.tags, decided.scores, strict=True))
    effective = [
        _tag(
            known[tag],
            score,
            "person" if tag in by_person else _given_by(tag),
            "confirmed" if tag in decided.confirmed else None,
        )
        for tag, score in ranked_tags(image.tags, image.scores)
    ]
    return effective + [
        _tag(known[tag], given.get(tag, 0.0), "model" if tag in given else "person", "rejected")
        for tag in decided.rejected
    ]


def _given_by(tag: int) -> TagSource:
    return "learned" if tag >= FIRST_CUSTOM else "model"


def _tag(tag: Tag, score: float, source: TagSource, verdict: Verdict | None) -> Json:
    return {
        "tag": tag.wnid,
        "label": tag.label,
        "kind": tag.kind,
        "score": score,
        "source": source,
        "verdict": verdict,
    }


def serialize_tags(tags: Sequence[int], scores: Sequence[float]) -> tuple[list[Json], list[Json]]:
    """Split the tags of an image into predictions and categories, both best first.

    Custom tags are left out.

    Args:
        tags: Tag numbers in ascending order of their scores.
        scores: Score of each tag.

    Returns:
        Objects in the shapes of `PredictionRead` and `CategoryRead`.
    """
    classes, known = load_vocabulary().classes, load_tags()
    predictions: list[Json] = []
    categories: list[Json] = []
    for tag, score in ranked_tags(tags, scores):
        if tag < FIRST_CATEGORY:
            predictions.append(
                {
                    "rank": len(predictions) + 1,
                    "label": classes[tag].name,
                    "score": score,
                    "class_index": tag,
                    "wnid": classes[tag].wnid,
                }
            )
        elif tag < FIRST_CUSTOM:
            category = known[tag]
            categories.append(
                {"label": category.label, "score": score, "technical": category.technical}
            )
    return predictions, categories


def serialize_facets(facets: Facets, tags: Mapping[int, Tag]) -> Json:
    """Return tag counts in the shape of `FacetsRead`, with tags by number."""
    counted = [(tags[number], count) for number, count in facets.counts]
    items = [
        {
            "label": tag.label,
            "kind": tag.kind,
            "wnid": tag.wnid,
            "count": count,
            "usage": tag.usage,
            "technical": tag.technical,
        }
        for tag, count in counted
    ]
    return {"items": items, "is_exact": facets.is_exact}
