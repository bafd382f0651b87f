"""JSON Lines: one picture a line, with everything that `GET /images` tells of it."""

from collections.abc import Sequence

from api.images.serializer import serialize_image
from api.serialization import dump_json
from infra.database.queries.images import Image


class JsonLines:
    """Raw scores, class indexes, WordNet ids and categories."""

    media_type = "application/jsonl"
    ending = "jsonl"

    def write(self, images: Sequence[Image]) -> bytes:
        """The lines of some pictures."""
        return b"".join(_line(each) for each in images)

    def finish(self) -> bytes:
        """Nothing follows."""
        return b""


def _line(image: Image) -> bytes:
    shown = serialize_image(image)
    del shown["matches"]
    return dump_json(shown) + b"\n"
