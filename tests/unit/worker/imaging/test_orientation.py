"""EXIF orientation: all eight values in every format that carries it, and invalid EXIF blocks."""

import struct

import numpy as np
import pytest
from PIL import Image

from tests.support.images import encode, jpeg
from worker.imaging.decode import decode

Transpose = Image.Transpose
# Transposition by which a camera stores an upright image, by EXIF orientation.
STORED = {
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}
FORMATS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 95},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "AVIF": {"quality": 95},
    "HEIF": {"quality": 95},
}


def four_quarters() -> Image.Image:
    """Return an image that every rotation and every reflection changes."""
    image = Image.new("RGB", (96, 64), "red")
    image.paste("lime", (48, 0, 96, 32))
    image.paste("blue", (0, 32, 48, 64))
    image.paste("yellow", (48, 32, 96, 64))
    return image


def exif(orientation: int) -> bytes:
    """Return an EXIF block with only this orientation."""
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", FORMATS)
def test_image_is_rotated_upright(kind: str, orientation: int) -> None:
    upright = four_quarters()
    turn = STORED[orientation]
    stored = upright if turn is None else upright.transpose(turn)
    data = encode(stored, kind, exif=exif(orientation), **FORMATS[kind])
    media_type = "image/heic" if kind == "HEIF" else f"image/{kind.lower()}"
    pixels = decode(data, media_type, max_pixels=10_000).pixels

    assert pixels.shape == (64, 96, 3)
    assert np.abs(pixels.astype(int) - np.asarray(upright)).mean() < 12


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"Exif\0\0", id="empty"),
        pytest.param(b"Exif\0\0II*\0\xff\xff\xff\xff", id="directory beyond the end"),
        pytest.param(b"Exif\0\0II*\0\x08\0\0\0\xff\xff", id="entries beyond the end"),
        pytest.param(b"Exif\0\0not a TIFF header at all", id="no header"),
        pytest.param(exif(6)[:20], id="cut off"),
        pytest.param(exif(9), id="orientation 9"),
        pytest.param(
            b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHI4s", 0x0112, 2, 4, b"up!\0"),
            id="orientation as text",
        ),
    ],
)
def test_invalid_exif_is_ignored(block: bytes) -> None:
    plain = jpeg(size=(96, 64))
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    pixels = decode(plain[:2] + segment + plain[2:], "image/jpeg", max_pixels=10_000).pixels

    assert np.array_equal(pixels, decode(plain, "image/jpeg", max_pixels=10_000).pixels)
