"""Supported image formats, detected from file content and not from the file name."""

from typing import Final

# Pillow formats that may decode each media type. No other decoder is ever tried.
PILLOW_FORMATS: Final[dict[str, tuple[str, ...]]] = {
    "image/jpeg": ("JPEG",),
    "image/png": ("PNG",),
    "image/webp": ("WEBP",),
    "image/gif": ("GIF",),
    "image/avif": ("AVIF",),
    "image/heic": ("HEIF",),
    "image/tiff": ("TIFF",),
    "image/bmp": ("BMP",),
}

MEDIA_TYPES: Final = tuple(PILLOW_FORMATS)

# Number of leading bytes that `sniff` needs.
SNIFFED_BYTES: Final = 32

_PREFIXES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
)

# Brands after `ftyp` in ISO base media files: ISO/IEC 23008-12 (HEIF) and the AVIF specification.
_BRANDS: Final = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
}


def sniff(head: bytes) -> str | None:
    """Return the media type for the first `SNIFFED_BYTES` of a file; None if unsupported."""
    for prefix, media_type in _PREFIXES:
        if head.startswith(prefix):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    return None
