"""Convert images from database rows to JSON."""

from collections.abc import Sequence

from api.serialization import Json
from core.vocabulary import load_vocabulary
from core.vocabulary.tags import FIRST_CATEGORY, load_tags
from infra.database.queries.images import Image
from infra.database.search.estimate import Facets


def serialize_image(image: Image, matches: Sequence[Json] = ()) -> Json:
    """Return an image in the shape of `ImageRead`."""
    predictions, categories = serialize_tags(image.tags, image.scores)
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
        "matches": matches,
    }


def serialize_tags(tags: Sequence[int], scores: Sequence[float]) -> tuple[list[Json], list[Json]]:
    """Split the tags of an image into predictions and categories, both best first.

    Args:
        tags: Tag numbers in ascending order of their scores.
        scores: Score of each tag.

    Returns:
        Objects in the shapes of `PredictionRead` and `CategoryRead`.
    """
    classes, known = load_vocabulary().classes, load_tags()
    predictions: list[Json] = []
    categories: list[Json] = []
    for tag, score in zip(reversed(tags), reversed(scores), strict=True):
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
        else:
            category = known[tag]
            categories.append(
                {"label": category.label, "score": score, "technical": category.technical}
            )
    return predictions, categories


def serialize_facets(facets: Facets) -> Json:
    """Return tag counts in the shape of `FacetsRead`."""
    tags = load_tags()
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
