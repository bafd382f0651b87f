"""Temporary storage for the files of a request, concatenated in one spooled file.

The memory and the number of open files per request are bounded, for any number of uploaded files.
"""

from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import BinaryIO, cast

# Bytes kept in memory; larger requests are moved to a temporary file on disk.
_IN_MEMORY = 4 << 20


class Spool:
    """Container of the uploaded files of one request."""

    def __init__(self) -> None:
        self._spooled: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed in `close`)
        self._lock = Lock()

    def begin(self) -> BinaryIO:
        """Return a new empty file. Only the newest file of the spool may be written."""
        return cast("BinaryIO", _SpooledFile(self._spooled, self._lock))

    def close(self) -> None:
        """Delete all files."""
        self._spooled.close()


class _SpooledFile(RawIOBase):
    """Slice of the spool that holds one file. Several slices may be read from several threads."""

    def __init__(self, spooled: "SpooledTemporaryFile[bytes]", lock: Lock) -> None:
        self._spooled = spooled
        self._lock = lock
        self._start = spooled.tell()
        self._size = 0
        self._position = 0

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        """Append data. Allowed only before the next file is begun and before any read."""
        self._spooled.write(data)
        self._size += len(data)
        return len(data)

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        room = memoryview(buffer)[: max(0, self._size - self._position)]
        with self._lock:
            self._spooled.seek(self._start + self._position)
            count = self._spooled.readinto(room)
        self._position += count
        return count

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        base = {SEEK_SET: 0, SEEK_CUR: self._position, SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("seek before the start of the file")
        self._position = base + offset
        return self._position

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
