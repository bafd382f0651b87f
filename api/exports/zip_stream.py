"""Zip archive that is written while it is sent and can be read while it is received.

The size of an entry is unknown when its header is sent and follows the data. Readers that cannot
seek, such as Java's `ZipInputStream`, require deflated data in this case, and 8-byte sizes only for
entries above 4 GiB. Python's `zipfile` decides on 8-byte sizes before it knows the size.

The format is PKWARE's APPNOTE.TXT; the numbers below are its sections.
"""

import struct
import zlib
from typing import Final

from api.exports.buffer import Buffer

# Earliest time that zip can represent; a constant makes archives reproducible.
NO_TIME = (1980, 1, 1, 0, 0, 0)

_MAX_32: Final = 0xFFFFFFFF  # in a field: the value is in the zip64 record
_MAX_16: Final = 0xFFFF
_SIZES_FOLLOW: Final = 0x0008
_UTF_8: Final = 0x0800
_DEFLATED: Final = 8
_VERSION: Final = 20
_ZIP64_VERSION: Final = 45
_UNIX: Final = 3 << 8
_FILE_MODE: Final = 0o100644 << 16

_LOCAL_HEADER: Final = struct.Struct("<4s5H3L2H")  # 4.3.7
_DESCRIPTOR: Final = struct.Struct("<4s3L")  # 4.3.9
_DESCRIPTOR_64: Final = struct.Struct("<4sL2Q")  # 4.3.9.2
_CENTRAL_HEADER: Final = struct.Struct("<4s6H3L5H2L")  # 4.3.12
_EXTRA_64: Final = struct.Struct("<2H3Q")  # 4.5.3
_END_64: Final = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_LOCATOR_64: Final = struct.Struct("<4sLQL")  # 4.3.15
_END: Final = struct.Struct("<4s4H2LH")  # 4.3.16


class ZipStream:
    """Writer of one zip entry after another; `take` returns the bytes written so far.

    Args:
        level: Deflate level of all entries; 0 for data that is compressed already.
        limit: Sizes and offsets from here on are written as zip64.
    """

    def __init__(self, level: int = zlib.Z_NO_COMPRESSION, limit: int = _MAX_32) -> None:
        self._limit = limit
        self._buffer = Buffer()
        self._level = level
        self._entry: _Entry | None = None
        self._directory = bytearray()
        self._count = 0

    def begin(self, name: str, time: tuple[int, int, int, int, int, int] = NO_TIME) -> None:
        """End the current entry and begin a new one."""
        self._end()
        self._entry = _Entry(name, time, self._level, self._limit, self._buffer)

    def write(self, data: bytes) -> None:
        """Write to the current entry."""
        assert self._entry is not None
        self._entry.write(data)

    def _end(self) -> None:
        if self._entry is not None:
            self._directory += self._entry.end()
            self._count += 1
            self._entry = None

    def take(self) -> bytes:
        """Return and remove the bytes written since the last call."""
        return self._buffer.take()

    def finish(self) -> bytes:
        """End the archive and return the remaining bytes, including the central directory."""
        self._end()
        start, size, count = self._buffer.tell(), len(self._directory), self._count
        self._buffer.write(bytes(self._directory))
        if count >= _MAX_16 or start >= self._limit or size >= self._limit:
            end = self._buffer.tell()
            versions = (_UNIX | _ZIP64_VERSION, _ZIP64_VERSION)
            totals = (0, 0, count, count, size, start)
            self._buffer.write(_END_64.pack(b"PK\x06\x06", _END_64.size - 12, *versions, *totals))
            self._buffer.write(_LOCATOR_64.pack(b"PK\x06\x07", 0, end, 1))
        count = min(count, _MAX_16)
        sizes = (min(size, _MAX_32), min(start, _MAX_32))
        self._buffer.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, *sizes, 0))
        return self._buffer.take()


class _Entry:
    """Writer of one entry."""

    def __init__(
        self,
        name: str,
        time: tuple[int, int, int, int, int, int],
        level: int,
        limit: int,
        buffer: Buffer,
    ) -> None:
        self._limit = limit
        self._name = name.encode()
        flags = _SIZES_FOLLOW | (0 if name.isascii() else _UTF_8)
        self._properties = (flags, _DEFLATED, *_dos_time(time))
        self._buffer = buffer
        self._start = buffer.tell()
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._crc = 0
        self._size = 0
        lengths = (len(self._name), 0)
        buffer.write(
            _LOCAL_HEADER.pack(b"PK\x03\x04", _VERSION, *self._properties, 0, 0, 0, *lengths)
        )
        buffer.write(self._name)
        self._data_start = buffer.tell()

    def write(self, data: bytes) -> None:
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        self._buffer.write(self._deflate.compress(data))

    def end(self) -> bytes:
        """Write the sizes and return the entry's header in the central directory."""
        self._buffer.write(self._deflate.flush())
        sizes = (self._buffer.tell() - self._data_start, self._size)
        descriptor = _DESCRIPTOR_64 if max(sizes) > self._limit else _DESCRIPTOR
        self._buffer.write(descriptor.pack(b"PK\x07\x08", self._crc, *sizes))

        version, extra, start = _VERSION, b"", self._start
        if max(*sizes, start) >= self._limit:
            version = _ZIP64_VERSION
            extra = _EXTRA_64.pack(1, _EXTRA_64.size - 4, *reversed(sizes), start)
            sizes, start = (_MAX_32, _MAX_32), _MAX_32
        versions = (_UNIX | version, version)
        lengths = (len(self._name), len(extra), 0)
        header = _CENTRAL_HEADER.pack(
            b"PK\x01\x02", *versions, *self._properties, self._crc, *sizes, *lengths, 0, 0,
            _FILE_MODE, start,
        )  # fmt: skip
        return header + self._name + extra


def _dos_time(time: tuple[int, int, int, int, int, int]) -> tuple[int, int]:
    """Return time and date in the format of 4.4.6, with a resolution of two seconds."""
    year, month, day, hour, minute, second = time
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
