"""JSON Lines: one picture a line, with everything that `GET /images` tells of it."""

from collections.abc import Sequence

from api.schemas import ImageRead
from infra.database.images import Image


class JsonLines:
    """Raw scores, class indexes, WordNet ids and categories."""

    media_type = "application/jsonl"
    ending = "jsonl"

    def write(self, images: Sequence[Image]) -> bytes:
        """The lines of some pictures."""
        lines = (ImageRead.of(each).model_dump_json(exclude={"matches"}) for each in images)
        return "".join(f"{line}\n" for line in lines).encode()

    def finish(self) -> bytes:
        """Nothing follows."""
        return b""
