"""Decoding of damaged files: a ClassificationError or the complete image, never partial pixels."""

import numpy as np
import pytest
from PIL import Image

from core.errors import ClassificationError
from core.media_types import sniff
from tests.support.images import encode, make_image
from worker.imaging.decode import Pixels, decode


def make_files() -> dict[str, bytes]:
    """Return one intact file per format variant."""
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


FILES = make_files()


def decode_any(data: bytes) -> Pixels:
    media_type = sniff(data)
    assert media_type is not None
    return decode(data, media_type, max_pixels=1_000_000).pixels


@pytest.mark.parametrize("kind", FILES)
def test_truncated_file_is_refused_at_any_length(kind: str) -> None:
    intact = FILES[kind]
    for end in {40, 200, *(len(intact) * percent // 100 for percent in range(2, 100, 4))}:
        with pytest.raises(ClassificationError) as refused:
            decode_any(intact[:end])
        assert refused.value.code in ("truncated", "unreadable"), end
        assert refused.value.detail.startswith("The file "), end


@pytest.mark.parametrize("kind", FILES)
def test_file_without_its_last_bytes_is_refused_or_decoded_completely(kind: str) -> None:
    for missing in (1, 2, 4, 12):
        try:
            pixels = decode_any(FILES[kind][:-missing])
        except ClassificationError:
            continue
        # Only end markers and checksums may be missing.
        assert np.array_equal(pixels, decode_any(FILES[kind])), missing


@pytest.mark.parametrize("kind", FILES)
def test_bytes_after_the_image_are_ignored(kind: str) -> None:
    assert np.array_equal(
        decode_any(FILES[kind] + b"<script>" * 100 + b"\xff\xd8\xff"), decode_any(FILES[kind])
    )


def test_second_image_after_a_jpeg_is_ignored() -> None:
    data = FILES["jpeg"] + FILES["grey jpeg"]  # as in motion photos and MPO files

    assert np.array_equal(decode_any(data), decode_any(FILES["jpeg"]))


@pytest.mark.parametrize("kind", FILES)
def test_overwritten_bytes_raise_only_classification_errors(kind: str) -> None:
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


def test_extraneous_bytes_before_a_jpeg_marker_are_ignored() -> None:
    """The decoder warns of extraneous bytes before a marker, but the pixels are complete."""
    data = FILES["jpeg"]
    pixels = decode_any(data[:-2] + b"\x00\x00\x00" + data[-2:])

    assert np.array_equal(pixels, decode_any(data))


def test_png_with_too_many_pixels_is_refused_by_its_header() -> None:
    data = encode(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(ClassificationError) as refused:
        decode_any(data)

    assert refused.value.code == "too_many_pixels"
