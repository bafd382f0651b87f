"""JSON Lines export: one image per line, with the fields of `GET /images` except `matches`."""

from collections.abc import Sequence

from api.images.serializer import serialize_image
from api.serialization import dump_json
from infra.database.queries.images import Image


class JsonLines:
    """Writer of JSON Lines."""

    media_type = "application/jsonl"

    def write(self, images: Sequence[Image]) -> bytes:
        """Return the lines of a batch of images."""
        return b"".join(_line(each) for each in images)

    def finish(self) -> bytes:
        """Return nothing: the format has no footer."""
        return b""


def _line(image: Image) -> bytes:
    content = serialize_image(image)
    del content["matches"]
    return dump_json(content) + b"\n"
