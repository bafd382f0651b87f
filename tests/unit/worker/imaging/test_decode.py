"""Decoding of every format and mode to RGB pixels on a white background."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.errors import ClassificationError
from tests.support.images import encode, jpeg, make_image
from worker.imaging.decode import Decoded, decode

SIZE = (64, 48)
ORIGINAL = np.asarray(make_image(size=SIZE))


def decoded(data: bytes, media_type: str = "image/jpeg", max_pixels: int = 10**8) -> Decoded:
    return decode(data, media_type, max_pixels=max_pixels)


def mean_difference(pixels: np.ndarray, wanted: np.ndarray = ORIGINAL) -> float:
    """Return the mean absolute difference of two images of equal shape, in levels of 256."""
    assert pixels.shape == wanted.shape
    return float(np.abs(pixels.astype(int) - wanted.astype(int)).mean())


@pytest.mark.parametrize(
    ("kind", "media_type", "options"),
    [
        ("JPEG", "image/jpeg", {"quality": 95}),
        ("JPEG", "image/jpeg", {"quality": 95, "progressive": True}),
        ("PNG", "image/png", {}),
        ("WEBP", "image/webp", {"lossless": True}),
        ("AVIF", "image/avif", {"quality": 95}),
        ("HEIF", "image/heic", {"quality": 95}),
        ("WEBP", "image/webp", {"quality": 95}),
        ("TIFF", "image/tiff", {}),
        ("TIFF", "image/tiff", {"compression": "tiff_lzw"}),
        ("TIFF", "image/tiff", {"compression": "jpeg", "quality": 95}),
        ("BMP", "image/bmp", {}),
        ("GIF", "image/gif", {}),
    ],
)
def test_every_format_decodes_to_the_same_pixels(
    kind: str, media_type: str, options: dict[str, object]
) -> None:
    # Chroma subsampling and palettes cost a few levels; swapped channels would cost more than 60.
    assert (
        mean_difference(decoded(encode(make_image(size=SIZE), kind, **options), media_type).pixels)
        < 8
    )


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("GIF", "image/gif"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("TIFF", "image/tiff"),
        ("AVIF", "image/avif"),
    ],
)
def test_first_of_several_frames_is_decoded(kind: str, media_type: str) -> None:
    first, second = Image.new("RGB", SIZE, (200, 40, 40)), Image.new("RGB", SIZE, (40, 40, 200))
    data = encode(first, kind, save_all=True, append_images=[second], duration=100)
    with Image.open(BytesIO(data)) as file:
        assert getattr(file, "n_frames", 1) == 2

    assert mean_difference(decoded(data, media_type).pixels, np.asarray(first)) < 4


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_is_converted_to_rgb(mode: str) -> None:
    grey = make_image(size=SIZE).convert("L")
    image = grey.point(lambda value: value * 256, "I").convert("I;16") if mode == "I;16" else None
    pixels = decoded(encode(image or grey.convert(mode), "PNG"), "image/png").pixels

    wanted = np.repeat(np.asarray(grey)[:, :, None], 3, axis=2)
    assert mean_difference(pixels, wanted) < (130 if mode == "1" else 3)


def test_16_bit_grey_tiff_is_reduced_to_its_upper_8_bits() -> None:
    grey = np.asarray(make_image(size=SIZE).convert("L"), dtype=np.uint16) * 257
    data = encode(Image.fromarray(grey), "TIFF")

    assert mean_difference(decoded(data, "image/tiff").pixels[:, :, 0], grey // 257) < 1


def test_floating_point_tiff_is_scaled_by_its_own_range() -> None:
    ramp = np.linspace(-3, 5, SIZE[0] * SIZE[1], dtype=np.float32).reshape(SIZE[1], SIZE[0])
    pixels = decoded(encode(Image.fromarray(ramp), "TIFF"), "image/tiff").pixels

    assert (pixels.min(), pixels.max()) == (0, 255)


def test_cmyk_jpeg_keeps_its_colours() -> None:
    data = encode(make_image(size=SIZE).convert("CMYK"), "JPEG", quality=95)

    assert mean_difference(decoded(data).pixels) < 10


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_transparent_pixels_become_white(kind: str) -> None:
    image = make_image(size=SIZE, mode="RGBA")
    image.putalpha(0)
    pixels = decoded(encode(image, kind), f"image/{kind.lower()}").pixels

    assert mean_difference(pixels, np.full_like(ORIGINAL, 255)) == 0


def test_transparent_palette_colour_becomes_white() -> None:
    image = Image.new("P", SIZE, 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    pixels = decoded(encode(image, "GIF", transparency=1), "image/gif").pixels

    assert mean_difference(pixels, np.full_like(ORIGINAL, 255)) == 0


def test_image_with_too_many_pixels_is_refused_before_decoding() -> None:
    with pytest.raises(ClassificationError) as failed:
        decoded(jpeg(size=(100, 100)), max_pixels=9_999)
    assert failed.value.code == "too_many_pixels"


@pytest.mark.parametrize(
    ("size", "reduced_by", "shape"),
    [
        ((1000, 895), 1, (895, 1000, 3)),
        ((1920, 1791), 1, (1791, 1920, 3)),
        ((1920, 1792), 4, (448, 480, 3)),
        ((4000, 3000), 4, (750, 1000, 3)),
        ((3584, 3601), 8, (451, 448, 3)),
    ],
)
def test_large_jpeg_is_decoded_at_reduced_scale(
    size: tuple[int, int], reduced_by: int, shape: tuple[int, int, int]
) -> None:
    result = decoded(jpeg(size=size))

    assert (result.reduced_by, result.pixels.shape) == (reduced_by, shape)
