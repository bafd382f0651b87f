"""The picture formats that are taken, told by content and never by name."""

from typing import Final

# Pillow's reader of each media type; the only ones ever tried.
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

# How many leading bytes `sniff` needs.
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

# ISO base media files name their kind after `ftyp`: ISO/IEC 23008-12 and the AV1 image format.
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
    """The media type that a file's first bytes claim, or None for anything we do not take."""
    for prefix, media_type in _PREFIXES:
        if head.startswith(prefix):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    return None
