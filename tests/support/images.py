"""Generate small images."""

from io import BytesIO

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()  # lets Pillow write HEIC


def make_image(
    seed: int = 0, *, size: tuple[int, int] = (320, 240), mode: str = "RGB"
) -> Image.Image:
    """Return an image of soft colours and a few boxes, different for each seed."""
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
    """Encode an image; `options` are those of `Image.save`."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(seed: int = 0, *, size: tuple[int, int] = (320, 240)) -> bytes:
    """Return a small JPEG file, different for each seed."""
    return encode(make_image(seed, size=size), "JPEG", quality=85)
