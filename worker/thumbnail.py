"""The small picture that the gallery shows."""

import cv2
import simplejpeg

from worker.decode import Pixels

LONGEST_SIDE = 512
MEDIA_TYPE = "image/jpeg"
# Chosen by eye and weight: see docs/classifier.md.
QUALITY = 80


def make_thumbnail(pixels: Pixels) -> bytes:
    """Encode a picture anew with its longest side at most 512; nothing of its metadata remains."""
    height, width = pixels.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]  # cv2 types no dtypes
    encoded: bytes = simplejpeg.encode_jpeg(
        pixels, quality=QUALITY, colorspace="RGB", colorsubsampling="420", fastdct=True
    )
    return encoded
