"""Whatever a picture's file, the model sees it upright, in RGB, on white."""

import numpy as np
import pytest

from infra.errors import ClassificationError
from tests.pictures import encode, jpeg, picture
from worker.decode import Decoded, decode

SIZE = (64, 48)
ORIGINAL = np.asarray(picture(size=SIZE))


def decoded(data: bytes, media_type: str = "image/jpeg", max_pixels: int = 10**8) -> Decoded:
    return decode(data, media_type, max_pixels=max_pixels)


def off_by(pixels: np.ndarray, wanted: np.ndarray = ORIGINAL) -> float:
    """The mean difference of two pictures of one size."""
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
        ("TIFF", "image/tiff", {}),
        ("BMP", "image/bmp", {}),
        ("GIF", "image/gif", {}),
    ],
)
def test_every_format_shows_the_same_picture(
    kind: str, media_type: str, options: dict[str, object]
) -> None:
    # Colour at half resolution, or 256 colours: a few levels of 256, never swapped channels (> 60).
    assert off_by(decoded(encode(picture(size=SIZE), kind, **options), media_type).pixels) < 8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_becomes_rgb(mode: str) -> None:
    grey = picture(size=SIZE).convert("L")
    image = grey.point(lambda value: value * 256, "I").convert("I;16") if mode == "I;16" else None
    pixels = decoded(encode(image or grey.convert(mode), "PNG"), "image/png").pixels

    wanted = np.repeat(np.asarray(grey)[:, :, None], 3, axis=2)
    assert off_by(pixels, wanted) < (130 if mode == "1" else 3)


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    data = encode(picture(size=SIZE).convert("CMYK"), "JPEG", quality=95)

    assert off_by(decoded(data).pixels) < 10


def test_what_is_transparent_is_white() -> None:
    image = picture(size=SIZE, mode="RGBA")
    image.putalpha(0)

    assert (
        off_by(decoded(encode(image, "PNG"), "image/png").pixels, np.full_like(ORIGINAL, 255)) == 0
    )


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_turned_picture_is_turned_back(orientation: int, kind: str) -> None:
    from PIL import Image, ImageOps  # noqa: PLC0415

    image = picture(size=SIZE)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(image, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    image.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(image))

    assert off_by(decoded(data, f"image/{kind.lower()}").pixels, upright) < 6


@pytest.mark.parametrize("percent", range(10, 100, 10))
@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("BMP", "image/bmp")],
)
def test_a_cut_off_picture_fails_with_a_reason(kind: str, media_type: str, percent: int) -> None:
    whole = encode(picture(size=(320, 240)), kind)

    with pytest.raises(ClassificationError) as failed:
        decoded(whole[: len(whole) * percent // 100], media_type)
    assert failed.value.code in ("truncated", "unreadable")


def test_bytes_after_a_jpeg_do_not_matter() -> None:
    data = jpeg(size=SIZE)

    assert np.array_equal(decoded(data + b"<script>" * 100).pixels, decoded(data).pixels)


def test_too_many_pixels_are_refused_before_decoding() -> None:
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
def test_large_jpegs_are_decoded_at_reduced_scale(
    size: tuple[int, int], reduced_by: int, shape: tuple[int, int, int]
) -> None:
    result = decoded(jpeg(size=size))

    assert (result.reduced_by, result.pixels.shape) == (reduced_by, shape)
