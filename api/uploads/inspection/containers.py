"""Limits on the structure of files that only libraries can measure."""

import struct

from api.uploads.inspection.reader import HeaderReader, NotPlainError
from core.errors import FileRejectedError

# Bytes of one value of each TIFF field type.
_TIFF_BYTES = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8,
    18: 8,
}  # fmt: skip
# HEIF boxes that contain boxes, with the number of bytes before these.
_HEIF_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0}
_HEIF_DEPTH = 8
_GIF_PALETTE_FLAG = 0x80


def check_gif(reader: HeaderReader, _size: int) -> None:
    """Count the sub-blocks before the first frame."""
    reader.position = 6
    flags = reader.read(7)[4]
    if flags & _GIF_PALETTE_FLAG:
        reader.skip(3 << ((flags & 7) + 1))
    while (kind := reader.read(1)) not in (b",", b";"):
        reader.count_part()
        if kind == b"!":
            reader.skip(1)
            while length := reader.read(1)[0]:
                reader.count_part()
                reader.skip(length)


def check_tiff(reader: HeaderReader, size: int) -> None:
    """Count the fields of the first directory and the bytes of their values.

    Raises:
        FileRejectedError: too many fields, or several share the same bytes.
    """
    order = "<" if reader.read(2) == b"II" else ">"
    reader.skip(2)
    (reader.position,) = struct.unpack(order + "I", reader.read(4))
    (fields,) = struct.unpack(order + "H", reader.read(2))
    value_bytes = 0
    for _ in range(fields):
        reader.count_part()
        kind, values = struct.unpack(order + "2xHI4x", reader.read(12))
        value_bytes += _TIFF_BYTES.get(kind, 0) * values
    if value_bytes > size:
        raise FileRejectedError("unreadable", "The fields of the TIFF exceed the file.")


def check_heif(reader: HeaderReader, size: int) -> None:
    """Count the boxes of an HEIC or AVIF file and their depth."""
    reader.position = 0
    _check_boxes(reader, size, depth=0)


def _check_boxes(reader: HeaderReader, end: int, depth: int) -> None:
    if depth > _HEIF_DEPTH:
        raise FileRejectedError("unreadable", f"Boxes are nested deeper than {_HEIF_DEPTH} levels.")
    while reader.position < end:
        start = reader.position
        length, kind = struct.unpack(">I4s", reader.read(8))
        reader.count_part()
        if length == 1:
            (length,) = struct.unpack(">Q", reader.read(8))
        box_end = start + length if length else end
        if box_end < reader.position:
            raise NotPlainError
        if kind in _HEIF_CONTAINERS:
            reader.skip(_HEIF_CONTAINERS[kind])
            _check_boxes(reader, min(box_end, end), depth + 1)
        reader.position = box_end
