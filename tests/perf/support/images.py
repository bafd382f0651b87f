"""Generate the images of the benchmark: distinct JPEGs cut from photographs."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

# Typical size of an ImageNet image in pixels and, at this quality, in bytes.
SMALL = (500, 375)
SMALL_QUALITY = 95
# Photo of a phone: 12 megapixels.
LARGE = (4000, 3000)
LARGE_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Images:
    """Encoded images, all distinct."""

    small: list[bytes]
    large: list[bytes]


def make_images(photos: Path, *, small: int, large: int) -> Images:
    """Cut and encode images. Deterministic.

    Args:
        photos: Folder of photographs (*.jpg).
        small: Number of images of 500×375.
        large: Number of images of 4000×3000.

    Raises:
        SystemExit: The folder contains no photographs.
    """
    found = sorted(photos.glob("*.jpg"))
    if not found:
        raise SystemExit(f"No photographs (*.jpg) in {photos}; name a folder with --photos.")
    sources = [_load(path) for path in found]
    choice = random.Random(42)
    return Images(
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
    """Yield crops of at least half the width of a photograph, some mirrored, in one size."""
    for number in range(count):
        source = sources[number % len(sources)]
        width = choice.randint(source.width // 2, source.width)
        height = min(source.height, width * size[1] // size[0])
        left = choice.randint(0, source.width - width)
        top = choice.randint(0, source.height - height)
        image = source.resize(
            size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height)
        )
        if choice.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        encoded = BytesIO()
        image.save(encoded, "JPEG", quality=quality)
        yield encoded.getvalue()
