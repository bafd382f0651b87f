"""EXIF orientation of an image."""

import re
import struct

from api.uploads.inspection.reader import NotPlainError

ORIENTATION = 0x0112
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_SHORT = 3
_XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')


def exif_orientation(data: bytes) -> int:
    """Return the orientation in an EXIF block, which is a small TIFF file; 0 if there is none.

    Raises:
        NotPlainError: the block is malformed.
    """
    order = _BYTE_ORDERS.get(data[:4])
    if order is None:
        raise NotPlainError
    orientation = 0
    try:
        (offset,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, offset)
        entry = struct.Struct(order + "HHIH")
        for start in range(offset + 2, offset + 2 + 12 * count, 12):
            tag, kind, values, value = entry.unpack_from(data, start)
            if tag == ORIENTATION:
                if (kind, values) != (_SHORT, 1):
                    raise NotPlainError
                orientation = value
    except struct.error as error:
        raise NotPlainError from error
    return orientation


def xmp_orientation(data: bytes) -> int:
    """Return the orientation in an XMP packet; 0 if there is none."""
    match = _XMP_ORIENTATION.search(data)
    return int(match[1]) if match else 0
