"""Damaged files: refused with a reason, or read in full. Never grey pixels with tags."""

import numpy as np
import pytest
from PIL import Image

from core.errors import ClassificationError
from core.media_types import sniff
from tests.support.images import encode, make_image
from worker.imaging.decode import Pixels, decode


def whole_files() -> dict[str, bytes]:
    image = make_image(3, size=(320, 240))
    return {
        "jpeg": encode(image, "JPEG"),
        "progressive jpeg": encode(image, "JPEG", progressive=True),
        "cmyk jpeg": encode(image.convert("CMYK"), "JPEG"),
        "grey jpeg": encode(image.convert("L"), "JPEG"),
        "png": encode(image, "PNG"),
        "palette png": encode(image.quantize(64), "PNG"),
        "webp": encode(image, "WEBP"),
        "lossless webp": encode(image, "WEBP", lossless=True),
        "gif": encode(image, "GIF"),
        "avif": encode(image, "AVIF"),
        "heic": encode(image, "HEIF"),
        "tiff": encode(image, "TIFF"),
        "lzw tiff": encode(image, "TIFF", compression="tiff_lzw"),
        "jpeg tiff": encode(image, "TIFF", compression="jpeg"),
        "bmp": encode(image, "BMP"),
    }


FILES = whole_files()


def decode_any(data: bytes) -> Pixels:
    media_type = sniff(data)
    assert media_type is not None
    return decode(data, media_type, max_pixels=1_000_000).pixels


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_ends_early_is_refused_wherever_it_ends(kind: str) -> None:
    whole = FILES[kind]
    for end in {40, 200, *(len(whole) * percent // 100 for percent in range(2, 100, 4))}:
        with pytest.raises(ClassificationError) as refused:
            decode_any(whole[:end])
        assert refused.value.code in ("truncated", "unreadable"), end
        assert refused.value.detail.startswith("The file "), end


@pytest.mark.parametrize("kind", FILES)
def test_what_is_read_of_a_file_without_its_last_bytes_is_the_whole_picture(kind: str) -> None:
    whole = FILES[kind]
    for missing in (1, 2, 4, 12):
        try:
            pixels = decode_any(whole[:-missing])
        except ClassificationError:
            continue
        # Only end marks and checksums may be missing.
        assert np.array_equal(pixels, decode_any(whole)), missing


@pytest.mark.parametrize("kind", FILES)
def test_bytes_after_the_picture_do_not_matter(kind: str) -> None:
    assert np.array_equal(
        decode_any(FILES[kind] + b"<script>" * 100 + b"\xff\xd8\xff"), decode_any(FILES[kind])
    )


def test_a_second_picture_behind_a_jpeg_does_not_matter() -> None:
    data = FILES["jpeg"] + FILES["grey jpeg"]  # as in motion photos and MPO files

    assert np.array_equal(decode_any(data), decode_any(FILES["jpeg"]))


@pytest.mark.parametrize("kind", FILES)
def test_overwritten_bytes_never_stop_the_worker(kind: str) -> None:
    noise = np.random.default_rng(5)
    for _ in range(20):
        damaged = bytearray(FILES[kind])
        start = int(noise.integers(32, len(damaged) - 16))
        damaged[start : start + 16] = noise.bytes(16)
        try:
            pixels = decode_any(bytes(damaged))
        except ClassificationError:
            continue
        assert pixels.ndim == 3


def test_an_unknown_marker_before_the_end_of_a_jpeg_is_forgiven() -> None:
    """The decoder warns of extraneous bytes before a marker; the picture is whole all the same."""
    data = FILES["jpeg"]
    pixels = decode_any(data[:-2] + b"\x00\x00\x00" + data[-2:])

    assert np.array_equal(pixels, decode_any(data))


def test_a_png_bomb_is_refused_by_its_header() -> None:
    data = encode(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(ClassificationError) as refused:
        decode_any(data)

    assert refused.value.code == "too_many_pixels"
