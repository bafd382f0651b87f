"""Make thumbnails."""

from typing import cast

import cv2
import simplejpeg

from worker.imaging.decode import Pixels

MAX_SIDE = 512
MEDIA_TYPE = "image/jpeg"
# JPEG quality, chosen by file size and visual comparison: see docs/explanation/classifier.md.
QUALITY = 80


def make_thumbnail(pixels: Pixels) -> bytes:
    """Return a JPEG with a longest side of at most 512 pixels and no metadata.

    Args:
        pixels: RGB pixels of shape (height, width, 3). Smaller images keep their size.
    """
    encoded: bytes = simplejpeg.encode_jpeg(
        _shrink(pixels), quality=QUALITY, colorspace="RGB", colorsubsampling="420", fastdct=False
    )
    return encoded


def _shrink(pixels: Pixels) -> Pixels:
    """Halve by averaging while the result stays large enough, then interpolate.

    The factor of the interpolation is below 2. One `INTER_AREA` resize to the final size has the
    same quality and takes seven times as long.
    """
    while max(pixels.shape[:2]) >= 2 * MAX_SIDE and min(pixels.shape[:2]) > 1:
        height, width = (side // 2 for side in pixels.shape[:2])
        even = pixels[: 2 * height, : 2 * width]
        pixels = cast("Pixels", cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))
    height, width = pixels.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cast("Pixels", cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))
