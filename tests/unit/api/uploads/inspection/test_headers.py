"""Bounded scan of headers: same dimensions as Pillow, and limits on every container."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from api.uploads.inspection.child import measure
from api.uploads.inspection.headers import scan
from api.uploads.inspection.reader import MAX_PARTS
from core.errors import FileRejectedError
from core.media_types import SNIFFED_BYTES, sniff
from tests.support.images import encode, jpeg, make_image

ORIENTATIONS = range(10)
XMP = '<x xmlns:tiff="t" tiff:Orientation="{}"/>'


def scan_bytes(data: bytes) -> tuple[int, int] | None:
    media_type = sniff(data[:SNIFFED_BYTES])
    assert media_type
    return scan(BytesIO(data), len(data), media_type)


def measure_bytes(data: bytes) -> tuple[int, int]:
    """Return what Pillow says."""
    media_type = sniff(data[:SNIFFED_BYTES])
    assert media_type
    return measure(BytesIO(data), media_type)


def exif_of(orientation: int, endian: str = "<") -> Image.Exif:
    exif = Image.Exif()
    exif.endian = endian
    exif[0x010F] = "a manufacturer with a long name"
    if orientation:
        exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("coding", ["baseline", "progressive"])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_is_measured_as_by_pillow(
    mode: str, coding: str, orientation: int, endian: str
) -> None:
    image = make_image(size=(64, 48)).convert(mode)
    data = encode(
        image,
        "JPEG",
        progressive=coding == "progressive",
        exif=exif_of(orientation, endian),
        icc_profile=bytes(100_000),
    )

    assert scan_bytes(data) == measure_bytes(data)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_is_measured_as_by_pillow(mode: str, orientation: int) -> None:
    base = make_image(size=(64, 48))
    image = base.convert("I").convert("I;16") if mode == "I;16" else base.convert(mode)
    text = PngInfo()
    text.add_text("Title", "a picture")
    data = encode(image, "PNG", exif=exif_of(orientation), pnginfo=text, dpi=(72, 72))

    assert scan_bytes(data) == measure_bytes(data)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("coding", ["lossy", "lossless", "animated"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_webp_is_measured_as_by_pillow(mode: str, coding: str, orientation: int) -> None:
    data = encode(
        make_image(size=(64, 47)).convert(mode),
        "WEBP",
        lossless=coding == "lossless",
        save_all=coding == "animated",
        append_images=[make_image(1, size=(64, 47))],
        exif=exif_of(orientation) if orientation else b"",
    )

    assert scan_bytes(data) == measure_bytes(data)


@pytest.mark.parametrize("in_xmp", ORIENTATIONS)
@pytest.mark.parametrize("in_exif", [0, 1, 6])
def test_exif_orientation_precedes_xmp_orientation(in_exif: int, in_xmp: int) -> None:
    image = make_image(size=(64, 48))
    xmp = XMP.format(in_xmp)
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp)
    as_jpeg = encode(image, "JPEG", exif=exif_of(in_exif), xmp=xmp.encode())
    as_webp = encode(image, "WEBP", exif=exif_of(in_exif), xmp=xmp.encode())
    as_png = encode(image, "PNG", exif=exif_of(in_exif), pnginfo=text)

    assert scan_bytes(as_jpeg) == measure_bytes(as_jpeg)
    assert scan_bytes(as_webp) == measure_bytes(as_webp)
    # Without an EXIF orientation the PNG is left to Pillow.
    assert scan_bytes(as_png) == (measure_bytes(as_png) if in_exif else None)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(encode(make_image(), "JPEG", exif=b"Exif\0\0garbage"), id="broken EXIF"),
        pytest.param(jpeg()[:20] + b"junk" + jpeg()[20:], id="junk between segments"),
        pytest.param(jpeg()[:2] + b"\xff" + jpeg()[2:], id="padding between segments"),
        pytest.param(jpeg()[:100], id="cut in the header"),
        pytest.param(
            encode(make_image(), "PNG", save_all=True, append_images=[make_image(1)]),
            id="animated PNG",
        ),
        *(
            pytest.param(encode(make_image(), kind), id=kind)
            for kind in ("GIF", "AVIF", "HEIF", "TIFF", "BMP")
        ),
    ],
)
def test_other_files_are_left_to_libraries(data: bytes) -> None:
    assert scan_bytes(data) is None


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def png_with(parts: bytes) -> bytes:
    intact = encode(make_image(), "PNG")
    return intact[:33] + parts + intact[33:]


def tiff_with(fields: int, values: int) -> bytes:
    field = struct.pack("<HHII", 270, 2, values, 8)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", fields) + field * fields + bytes(4)


def webp_with(chunks: bytes) -> bytes:
    intact = encode(make_image(), "WEBP")
    size = struct.pack("<I", len(intact) - 8 + len(chunks))
    return intact[:4] + size + intact[8:] + chunks


def nested_boxes(depth: int) -> bytes:
    box = b""
    for _ in range(depth):
        box = struct.pack(">I4s", len(box) + 12, b"meta") + bytes(4) + box
    return box


FTYP = struct.pack(">I4s8s", 16, b"ftyp", b"heicmif1")
MANY = MAX_PARTS + 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jpeg()[:2] + b"\xff\xfe\0\x02" * MANY + jpeg()[2:], id="JPEG segments"),
        pytest.param(jpeg()[:2] + b"\xff\xe1\0\x08Exif\0\0" * 33 + jpeg()[2:], id="EXIF segments"),
        pytest.param(png_with(chunk(b"tIME") * MANY), id="PNG chunks"),
        pytest.param(b"GIF89a" + bytes(7) + b"!\xfe" + b"\x01a" * MANY, id="GIF sub-blocks"),
        pytest.param(b"GIF89a" + bytes(7) + b"!\xfe\0" * MANY, id="GIF extensions"),
        pytest.param(webp_with(b"ANMF\0\0\0\0" * MANY), id="WebP chunks"),
        pytest.param(tiff_with(MANY, 1), id="TIFF fields"),
        pytest.param(tiff_with(100, 1000), id="TIFF fields that share their bytes"),
        pytest.param(FTYP + struct.pack(">I4s", 8, b"free") * MANY, id="HEIF boxes"),
        pytest.param(FTYP + nested_boxes(1000), id="nested HEIF boxes"),
    ],
)
def test_header_beyond_a_limit_is_rejected(data: bytes) -> None:
    with pytest.raises(FileRejectedError) as rejected:
        scan_bytes(data)

    assert rejected.value.code == "unreadable"
    assert rejected.value.detail.endswith(".")
