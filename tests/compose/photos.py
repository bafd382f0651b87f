"""Photographs, and variants of them with distinct bytes."""

import os
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from tests.support.paths import ROOT

PHOTOS = Path(os.environ.get("GALLERY_PHOTOS", ROOT.parent / "shared" / "photos"))


def read_photos() -> dict[str, bytes]:
    """Return the photographs by name."""
    return {path.name: path.read_bytes() for path in sorted(PHOTOS.glob("*.jpg"))}


def make_variants(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of images with the pixels of the photographs but distinct bytes."""
    for number, (name, data) in enumerate(islice(cycle(read_photos().items()), count)):
        yield f"{number:04}-{name}", with_comment(data, f"variant {number}")


def with_comment(jpeg: bytes, text: str) -> bytes:
    """Insert a comment segment after the first marker of a JPEG file."""
    comment = text.encode()
    start, rest = jpeg[:2], jpeg[2:]
    return start + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + rest
