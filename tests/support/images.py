"""Small pictures made on the spot."""

from io import BytesIO

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()  # writes HEIC, too


def make_image(
    seed: int = 0, *, size: tuple[int, int] = (320, 240), mode: str = "RGB"
) -> Image.Image:
    """A picture unlike those of other seeds: soft colours and a few boxes."""
    rng = np.random.default_rng(seed)
    width, height = size
    coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    for _ in range(4):
        x, y = int(rng.integers(0, max(1, width // 2))), int(rng.integers(0, max(1, height // 2)))
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        image.paste(
            colour, (x, y, min(width, x + width // 4 + 1), min(height, y + height // 4 + 1))
        )
    return image.convert(mode)


def encode(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """A picture's file."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(seed: int = 0, *, size: tuple[int, int] = (320, 240)) -> bytes:
    """A small JPEG unlike those of other seeds."""
    return encode(make_image(seed, size=size), "JPEG", quality=85)
