"""Pictures as the JSON that clients see: the shapes `ImageRead` and `Similar`, as dictionaries.

A page holds five hundred objects; a model made for each would take most of the answer's time.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

from fastapi import Response
from pydantic_core import to_json

from infra.database.extent import Facets
from infra.database.images import Image
from infra.vocabulary import load_vocabulary
from infra.vocabulary.tags import FIRST_CATEGORY, load_tags

Json: TypeAlias = dict[str, Any]


def answer(
    shown: Json, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON, written straight from what is shown; tests hold it to what the API describes."""
    return Response(to_json(shown), status, headers, media_type="application/json")


def show_image(image: Image, matches: Sequence[Json] = ()) -> Json:
    """A picture as `ImageRead` describes it."""
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
        "predictions": show_predictions(image.tags, image.scores),
        "categories": _show_categories(image),
        "matches": matches,
    }


def show_predictions(tags: Sequence[int], scores: Sequence[float]) -> list[Json]:
    """The classes among a picture's tags, which ascend by their scores; best first."""
    classes = load_vocabulary().classes
    best = [each for each in zip(tags, scores, strict=True) if each[0] < FIRST_CATEGORY][::-1]
    return [
        {
            "rank": rank,
            "label": classes[tag].name,
            "score": score,
            "class_index": tag,
            "wnid": classes[tag].wnid,
        }
        for rank, (tag, score) in enumerate(best, start=1)
    ]


def _show_categories(image: Image) -> list[Json]:
    tags = load_tags()
    return [
        {"label": tags[tag].label, "score": score}
        for tag, score in zip(reversed(image.tags), reversed(image.scores), strict=True)
        if tag >= FIRST_CATEGORY
    ]


def show_facets(facets: Facets) -> Json:
    """The most frequent tags as `FacetsRead` describes them."""
    tags = load_tags()
    counted = [
        {"label": tags[tag].label, "kind": tags[tag].kind, "count": count}
        for tag, count in facets.counts
    ]
    return {"items": counted, "is_exact": facets.is_exact}
