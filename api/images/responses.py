"""Responses with one image, for operations that require another scope than `read`."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from api.auth.dependencies import may_read
from api.images.serializer import entity_tag, serialize_image
from api.serialization import dump_json
from infra.database.queries.images import Image
from infra.database.queries.sessions import KeyHolder

WITHOUT_READ: Final[dict[int | str, dict[str, Any]]] = {
    204: {"description": "Done; the API key lacks the scope `read`, so no image is returned."}
}


def image_response(image: Image, caller: KeyHolder | None) -> Response:
    """Return the image with its entity tag, or an empty response for a key without `read`."""
    if not may_read(caller):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    body = dump_json(serialize_image(image))
    return Response(body, headers={"ETag": entity_tag(body)}, media_type="application/json")
