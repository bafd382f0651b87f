"""Generate files that are malformed, unusual or hostile."""

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.support.images import encode, jpeg, make_image

Named = tuple[str, bytes]

_MODES_BY_KIND = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "YCbCr", "F", "I", "I;16"),
    "JPEG": ("L", "RGB", "CMYK", "YCbCr"),
    "WEBP": ("RGB", "RGBA", "L"),
    "GIF": ("P", "L", "1", "RGB"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "AVIF": ("RGB", "RGBA"),
}


def malformed_files() -> Iterator[Named]:
    """Yield (name, data) of every file; the name describes the file."""
    yield from every_mode()
    yield from odd_sizes()
    yield from false_headers()
    yield from truncated()
    yield from disguised()
    yield from many_frames()


def every_mode() -> Iterator[Named]:
    """Yield a valid file of every mode that each format supports."""
    for kind, modes in _MODES_BY_KIND.items():
        for mode in modes:
            base = make_image(1, size=(40, 30))
            image = base if mode in ("RGB", "P") else base.convert("L" if mode == "I;16" else "RGB")
            image = image.convert("I").convert("I;16") if mode == "I;16" else image.convert(mode)
            yield f"mode {mode}.{kind.lower()}", encode(image, kind)


def odd_sizes() -> Iterator[Named]:
    """Yield valid files of extreme sizes and aspect ratios."""
    for size in ((1, 1), (1, 65_500), (65_500, 1), (2, 3), (8000, 6000)):
        kind = "PNG" if max(size) > 60_000 else "JPEG"
        yield f"{size[0]} by {size[1]}.{kind.lower()}", encode(Image.new("L", size), kind)


def png(width: int, height: int, *chunks: tuple[bytes, bytes], depth: int = 8) -> bytes:
    """Return a PNG with a valid header and the given chunks, which may be invalid."""
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    parts = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), *chunks, (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + parts


def false_headers() -> Iterator[Named]:
    """Yield files with headers that contradict their data, and decompression bombs."""
    zeros = zlib.compress(bytes(50 << 20), 9)
    yield "65535 squared, no data.png", png(65_535, 65_535)
    yield "no pixels.png", png(0, 0, (b"IDAT", zlib.compress(b"")))
    yield "bomb of 50 MB.png", png(4000, 4000, (b"IDAT", zeros))
    yield "bomb declared as 2 by 2.png", png(2, 2, (b"IDAT", zeros))
    yield "text of 50 MB.png", png(2, 2, (b"zTXt", b"a\0\0" + zeros), (b"IDAT", zeros[:50]))
    yield "colour profile of 50 MB.png", png(2, 2, (b"iCCP", b"a\0\0" + zeros))
    yield "65535 squared.gif", b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(20)
    yield (
        "3 million by 2 million.bmp",
        b"BM"
        + struct.pack(
            "<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 3_000_000, 2_000_000, 1, 24, 0, 0, 0, 0, 0, 0
        ),
    )
    data = bytearray(jpeg(1))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
    yield "65500 squared.jpg", bytes(data)
    data[at + 5 : at + 9] = struct.pack(">HH", 241, 321)
    yield "one row too many.jpg", bytes(data)
    yield (
        "self-referencing.tif",
        b"II*\x00\x08\x00\x00\x00\x01\x00" + struct.pack("<HHIII", 256, 4, 1, 10, 8),
    )


def truncated() -> Iterator[Named]:
    """Yield files cut off at every tenth of their length."""
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF", "TIFF", "BMP"):
        intact = encode(make_image(2, size=(160, 120)), kind)
        for tenths in range(1, 10):
            yield f"{tenths}0 percent.{kind.lower()}", intact[: len(intact) * tenths // 10]


def disguised() -> Iterator[Named]:
    """Yield polyglots and files whose name or signature does not match their content."""
    intact = jpeg(3)
    yield "script at the end.jpg", intact + b"<script>alert(1)</script><?php system($_GET[0]); ?>"
    yield "archive at the end.jpg", intact + b"PK\x03\x04" + bytes(100)
    yield "html.jpg", b"\xff\xd8\xff\xe0<html><script>alert(1)</script></html>"
    yield "svg.png", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "gif and script.gif", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)"
    yield "pdf.jpg", b"%PDF-1.7\n" + intact
    yield "only a magic number.jpg", b"\xff\xd8\xff"
    yield "one byte", b"\xff"
    yield "empty", b""
    yield "noise.jpg", b"\xff\xd8\xff" + bytes(range(256)) * 4000


def many_frames() -> Iterator[Named]:
    """Yield files with hundreds of frames or pages."""
    frame = Image.new("P", (16, 16))
    frames = [Image.new("P", (16, 16), n % 256) for n in range(1, 2000)]
    yield "2000 frames.gif", encode(frame, "GIF", save_all=True, append_images=frames)
    yield "200 pages.tif", encode(frame, "TIFF", save_all=True, append_images=frames[:199])
