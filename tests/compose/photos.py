"""Real photographs, and as many different pictures of them as a test asks for."""

import os
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from tests.support.paths import ROOT

PHOTOS = Path(os.environ.get("GALLERY_PHOTOS", ROOT.parent / "shared" / "photos"))


def read_photos() -> dict[str, bytes]:
    """The photographs by name."""
    return {path.name: path.read_bytes() for path in sorted(PHOTOS.glob("*.jpg"))}


def make_variants(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield pictures that look like the photographs, each with bytes of its own."""
    for number, (name, data) in enumerate(islice(cycle(read_photos().items()), count)):
        yield f"{number:04}-{name}", with_comment(data, f"variant {number}")


def with_comment(jpeg: bytes, text: str) -> bytes:
    """Put a comment segment behind a JPEG's first marker: other bytes, the same pixels."""
    comment = text.encode()
    start, rest = jpeg[:2], jpeg[2:]
    return start + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + rest
