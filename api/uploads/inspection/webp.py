"""Chunks of a WebP file (RFC 9649).

Libraries allocate the whole canvas to read the header.
"""

import struct

from api.uploads.inspection.exif import exif_orientation, xmp_orientation
from api.uploads.inspection.reader import HeaderReader, NotPlainError
from api.uploads.inspection.size import Size

_MAX_METADATA_BYTES = 1 << 20
_FRAME_BYTES = 10
_CHUNK = struct.Struct("<4sI")
_VP8_START_CODE = b"\x9d\x01\x2a"
_VP8L_SIGNATURE = 0x2F


def measure_webp(reader: HeaderReader, size: int) -> Size:
    """Return the dimensions of a WebP of `size` bytes, with the orientation applied.

    Raises:
        FileRejectedError: the file has too many chunks.
        NotPlainError: a library has to read the file.
    """
    reader.position = 4
    (riff_bytes,) = struct.unpack("<I", reader.read(4))
    end = riff_bytes + 8
    if end > size:
        raise NotPlainError
    reader.position = 12
    found: Size | None = None
    metadata: dict[bytes, bytes] = {}
    while reader.position + _CHUNK.size <= end:
        kind, length = _CHUNK.unpack(reader.read(_CHUNK.size))
        reader.count_part()
        next_chunk = reader.position + length + length % 2
        if next_chunk > end:
            raise NotPlainError
        if found is None:
            found = _frame_size(kind, reader.read(_FRAME_BYTES))
        elif kind in (b"EXIF", b"XMP ") and kind not in metadata:
            if length > _MAX_METADATA_BYTES:
                raise NotPlainError
            metadata[kind] = reader.read(length)
        reader.position = next_chunk
    if found is None:
        raise NotPlainError
    exif = metadata.get(b"EXIF", b"").removeprefix(b"Exif\0\0")
    orientation = exif_orientation(exif) if exif else 0
    return found.oriented(orientation or xmp_orientation(metadata.get(b"XMP ", b"")))


def _frame_size(kind: bytes, data: bytes) -> Size:
    """Return the dimensions in the first chunk."""
    if kind == b"VP8X":  # extended file: 24 bits each
        return Size(
            1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
        )
    if kind == b"VP8 " and data[3:6] == _VP8_START_CODE:  # lossy: 14 bits, 2 bits of scale
        width, height = struct.unpack_from("<HH", data, 6)
        return Size(width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and data[0] == _VP8L_SIGNATURE:  # lossless: 14 bits each
        (bits,) = struct.unpack_from("<I", data, 1)
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    raise NotPlainError
