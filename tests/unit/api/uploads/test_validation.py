"""Validation of uploaded files by their headers."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import pytest

from api.uploads.inspection.pool import InspectorPool
from api.uploads.multipart import Upload
from api.uploads.validation import inspect as inspect_in
from core.errors import FileRejectedError
from infra.database.queries.submissions import StoredImage
from infra.settings import Settings
from tests.support.images import encode, jpeg, make_image

SETTINGS = Settings.model_validate({"max_upload_bytes": 1_000_000, "max_pixels": 1_000_000})

INSPECTORS = InspectorPool(children=1)


@pytest.fixture(autouse=True, scope="module")
def end_inspectors() -> Iterator[None]:
    yield
    INSPECTORS.close()


def inspect(upload: Upload, settings: Settings) -> StoredImage:
    return inspect_in(upload, settings, INSPECTORS)


def upload_of(data: bytes, limit: int = SETTINGS.max_upload_bytes) -> Upload:
    upload = Upload("a file", BytesIO())
    upload.write(data, limit)
    return upload


def png_of_size(width: int, height: int) -> bytes:
    """Return a PNG of 100 bytes with arbitrary dimensions in its header."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0" * 50))


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
        ("HEIF", "image/heic"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
    ],
)
def test_media_type_is_detected_by_content(kind: str, media_type: str) -> None:
    data = encode(make_image(size=(64, 48)), kind)
    image = inspect(upload_of(data), SETTINGS)

    assert (image.media_type, image.width, image.height) == (media_type, 64, 48)
    assert (image.sha256, image.bytes) == (hashlib.sha256(data).digest(), len(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_dimensions_respect_exif_orientation(orientation: int, kind: str) -> None:
    pil_image = make_image(size=(64, 48))
    exif = pil_image.getexif()
    exif[0x0112] = orientation
    image = inspect(upload_of(encode(pil_image, kind, exif=exif)), SETTINGS)

    assert (image.width, image.height) == ((64, 48) if orientation <= 4 else (48, 64))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "empty", id="empty file"),
        pytest.param(b"plain text with the extension .jpg", "unsupported_type", id="text"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_type", id="svg"),
        pytest.param(b"%PDF-1.7 ", "unsupported_type", id="pdf"),
        pytest.param(b"\xff\xd8\xff", "unreadable", id="only a magic number"),
        pytest.param(jpeg()[:100], "unreadable", id="a JPEG cut in its header"),
        pytest.param(b"\xff\xd8\xff\xe0<html><script>", "unreadable", id="HTML as JPEG"),
        pytest.param(b"GIF89a", "unreadable", id="half a GIF header"),
        pytest.param(png_of_size(65_535, 65_535), "too_many_pixels", id="a PNG bomb"),
        pytest.param(png_of_size(100_000, 1), "too_many_pixels", id="a very long line"),
        pytest.param(png_of_size(0, 10), "unreadable", id="no pixels"),
        pytest.param(b"x" * 1_000_001, "too_many_bytes", id="too many bytes"),
    ],
)
def test_invalid_file_is_rejected_with_code_and_detail(data: bytes, code: str) -> None:
    with pytest.raises(FileRejectedError) as rejected:
        inspect(upload_of(data), SETTINGS)

    assert rejected.value.code == code
    assert rejected.value.detail.endswith(".")


def test_broken_exif_block_is_ignored() -> None:
    data = encode(make_image(size=(64, 48)), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")

    assert inspect(upload_of(data), SETTINGS).width == 64
