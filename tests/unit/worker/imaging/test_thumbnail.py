"""Thumbnails: size, content and metadata."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.support.images import encode, jpeg, make_image
from worker.imaging.decode import decode
from worker.imaging.thumbnail import make_thumbnail


def thumbnail_of(image: Image.Image) -> Image.Image:
    thumbnail = Image.open(BytesIO(make_thumbnail(np.asarray(image))))
    assert thumbnail.format == "JPEG"
    return thumbnail


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((500, 375), (500, 375)),
        ((512, 384), (512, 384)),
        ((513, 384), (512, 383)),
        ((1023, 767), (512, 384)),
        ((1920, 1080), (512, 288)),
        ((750, 1001), (384, 512)),
        ((4001, 3), (512, 1)),
        ((1, 5000), (1, 512)),
        ((1, 1), (1, 1)),
    ],
    ids=str,
)
def test_longest_side_is_at_most_512(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert thumbnail_of(Image.new("RGB", size, "olive")).size == expected


@pytest.mark.parametrize("size", [(700, 525), (1000, 750), (1921, 1081), (3000, 2250)], ids=str)
def test_thumbnail_matches_the_resized_image(size: tuple[int, int]) -> None:
    image = make_image(8, size=size)
    thumbnail = thumbnail_of(image)
    wanted = image.resize(thumbnail.size, Image.Resampling.LANCZOS)

    difference = np.asarray(thumbnail, int) - np.asarray(wanted, int)
    assert np.sqrt((difference**2).mean()) < 6  # levels of 256, including JPEG compression


def test_metadata_is_removed() -> None:
    exif = Image.Exif()
    exif[0x010E] = "my street"
    data = encode(make_image(9), "JPEG", exif=exif, comment=b"and my number")
    pixels = decode(data, "image/jpeg", max_pixels=10**7).pixels
    thumbnail = make_thumbnail(pixels)

    assert b"my " not in thumbnail
    assert b"Exif" not in thumbnail


def test_equal_pixels_give_equal_thumbnails() -> None:
    pixels = decode(jpeg(1), "image/jpeg", max_pixels=10**7).pixels

    assert make_thumbnail(pixels) == make_thumbnail(pixels.copy())
