"""Segments of a JPEG file (ITU-T T.81, annex B)."""

import struct

from api.uploads.inspection.exif import exif_orientation, xmp_orientation
from api.uploads.inspection.reader import HeaderReader, NotPlainError
from api.uploads.inspection.size import Size
from core.errors import FileRejectedError

# EXIF has one segment; only extended blocks are split. Pillow joins them in quadratic time.
_MAX_EXIF_SEGMENTS = 32
_START_OF_SCAN = 0xFFDA
# Baseline, extended sequential and progressive.
_FRAMES = (0xFFC0, 0xFFC1, 0xFFC2)
_APP1 = 0xFFE1
# Huffman tables, quantization tables, restart interval, APP0 to APP15, comment.
_SKIPPED = frozenset((0xFFC4, 0xFFDB, 0xFFDD, *range(0xFFE0, 0xFFF0), 0xFFFE))
_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_SEGMENT = struct.Struct(">HH")
_FRAME = struct.Struct(">BHHB")


def measure_jpeg(reader: HeaderReader, _size: int) -> Size:
    """Return the dimensions of a plain JPEG, with the orientation applied.

    Raises:
        FileRejectedError: the header has too many segments.
        NotPlainError: a library has to read the file.
    """
    size: Size | None = None
    exif: list[bytes] = []
    xmp = b""
    reader.position = 2
    while True:
        marker, length = _SEGMENT.unpack(reader.read(4))
        if marker == _START_OF_SCAN:
            break
        reader.count_part()
        if length < 2:  # noqa: PLR2004 (the length counts its own two bytes)
            raise NotPlainError
        if marker == _APP1:
            data = reader.read(length - 2)
            if data.startswith(_EXIF):
                exif.append(data)
                _check_exif_segments(exif)
            elif data.startswith(_XMP):
                xmp = data
        elif marker in _SKIPPED:
            reader.skip(length - 2)
        elif marker in _FRAMES and size is None:
            size = _frame_size(reader.read(length - 2))
        else:
            raise NotPlainError
    if size is None or len(exif) > 1:
        raise NotPlainError
    orientation = exif_orientation(exif[0].removeprefix(_EXIF)) if exif else 0
    return size.oriented(orientation or xmp_orientation(xmp))


def _check_exif_segments(exif: list[bytes]) -> None:
    if len(exif) > _MAX_EXIF_SEGMENTS:
        raise FileRejectedError(
            "unreadable", f"The file has more than {_MAX_EXIF_SEGMENTS} EXIF segments."
        )


def _frame_size(frame: bytes) -> Size:
    """Return the dimensions in a frame header of 8 bits and 1, 3 or 4 components."""
    if len(frame) < _FRAME.size:
        raise NotPlainError
    bits, height, width, components = _FRAME.unpack_from(frame)
    if bits != 8 or components not in (1, 3, 4) or len(frame) != 6 + 3 * components:  # noqa: PLR2004
        raise NotPlainError
    return Size(width, height)
