"""Chunks of a PNG file (W3C PNG specification, 3rd edition)."""

import struct
import zlib

from api.uploads.inspection.exif import exif_orientation
from api.uploads.inspection.reader import HeaderReader, NotPlainError
from api.uploads.inspection.size import Size

_SIGNATURE_BYTES = 8
_MAX_EXIF_BYTES = 1 << 16
# Bit depths of each colour type.
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_SKIPPED = frozenset(
    b"PLTE tRNS gAMA cHRM sRGB iCCP sBIT bKGD hIST pHYs sPLT tIME tEXt iTXt cICP mDCV cLLI".split()
)
# Text that may contain an orientation.
_METADATA = (b"Raw profile type", b"XML:com.adobe.xmp")
_CHUNK = struct.Struct(">I4s")
_CHECKSUM = struct.Struct(">I")


def measure_png(reader: HeaderReader, _size: int) -> Size:
    """Return the dimensions of a plain PNG, with the orientation applied.

    Raises:
        FileRejectedError: the header has too many chunks.
        NotPlainError: a library has to read the file.
    """
    reader.position = _SIGNATURE_BYTES
    size = _read_header(reader)
    orientation = 0
    has_metadata = False
    while True:
        length, kind = _CHUNK.unpack(reader.read(8))
        if kind == b"IDAT":
            break
        reader.count_part()
        if kind == b"eXIf" and not orientation and length <= _MAX_EXIF_BYTES:
            orientation = exif_orientation(_read_checked(reader, kind, length))
        elif kind in _SKIPPED:
            end = reader.position + length + _CHECKSUM.size
            if kind in (b"tEXt", b"iTXt"):
                has_metadata |= reader.read(min(length, 20)).startswith(_METADATA)
            reader.position = end
        else:
            raise NotPlainError
    if has_metadata and not orientation:
        raise NotPlainError
    return size.oriented(orientation)


def _read_header(reader: HeaderReader) -> Size:
    length, kind = _CHUNK.unpack(reader.read(8))
    if (length, kind) != (13, b"IHDR"):
        raise NotPlainError
    width, height, depth, colour, compression, filters, interlace = struct.unpack(
        ">IIBBBBB", _read_checked(reader, kind, length)
    )
    if depth not in _DEPTHS.get(colour, ()) or compression or filters or interlace > 1:
        raise NotPlainError
    return Size(width, height)


def _read_checked(reader: HeaderReader, kind: bytes, length: int) -> bytes:
    """Return the data of a chunk whose checksum is correct."""
    data = reader.read(length)
    if _CHECKSUM.unpack(reader.read(4))[0] != zlib.crc32(kind + data):
        raise NotPlainError
    return data
