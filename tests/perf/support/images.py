"""The pictures that are measured with: distinct JPEGs cut from real photographs."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

# ImageNet's pictures are about this large, in pixels and (at this quality) in bytes.
SMALL = (500, 375)
SMALL_QUALITY = 95
# What a phone takes: 12 megapixels.
LARGE = (4000, 3000)
LARGE_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Pictures:
    """Encoded pictures, no two alike."""

    small: list[bytes]
    large: list[bytes]


def make_pictures(photos: Path, *, small: int, large: int) -> Pictures:
    """Cut and encode pictures; the same ones every time.

    Raises:
        SystemExit: there are no photographs to cut them from.
    """
    found = sorted(photos.glob("*.jpg"))
    if not found:
        raise SystemExit(f"No photographs (*.jpg) in {photos}; name a folder with --photos.")
    sources = [_load(path) for path in found]
    choice = random.Random(42)
    return Pictures(
        small=list(_cut(sources, choice, small, SMALL, SMALL_QUALITY)),
        large=list(_cut(sources, choice, large, LARGE, LARGE_QUALITY)),
    )


def _load(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def _cut(
    sources: list[Image.Image],
    choice: random.Random,
    count: int,
    size: tuple[int, int],
    quality: int,
) -> Iterator[bytes]:
    """Crops of at least half a photograph's width, some mirrored, brought to one size."""
    for number in range(count):
        source = sources[number % len(sources)]
        width = choice.randint(source.width // 2, source.width)
        height = min(source.height, width * size[1] // size[0])
        left = choice.randint(0, source.width - width)
        top = choice.randint(0, source.height - height)
        picture = source.resize(
            size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height)
        )
        if choice.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        encoded = BytesIO()
        picture.save(encoded, "JPEG", quality=quality)
        yield encoded.getvalue()
