"""Where the files of a request wait until they are stored: one behind the other, in one place.

So a request takes a bounded part of the memory, and one open file, however many it brings.
"""

from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import BinaryIO, cast

# What is more waits on disk, not in memory.
_IN_MEMORY = 4 << 20


class Spool:
    """The files of one request."""

    def __init__(self) -> None:
        self._whole: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (`close` does)
        self._lock = Lock()

    def begin(self) -> BinaryIO:
        """A new file behind the others. It may be written until the next one is begun."""
        return cast("BinaryIO", _SpooledFile(self._whole, self._lock))

    def close(self) -> None:
        """Forget the files."""
        self._whole.close()


class _SpooledFile(RawIOBase):
    """One file's part of all that a request brought. Threads may read several at once."""

    def __init__(self, whole: "SpooledTemporaryFile[bytes]", lock: Lock) -> None:
        self._whole = whole
        self._lock = lock
        self._begin = whole.tell()
        self._size = 0
        self._place = 0

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        """Append; only as long as no other has been begun, and nothing read."""
        self._whole.write(data)
        self._size += len(data)
        return len(data)

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        room = memoryview(buffer)[: max(0, self._size - self._place)]
        with self._lock:
            self._whole.seek(self._begin + self._place)
            count = self._whole.readinto(room)
        self._place += count
        return count

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        base = {SEEK_SET: 0, SEEK_CUR: self._place, SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning of the file")
        self._place = base + offset
        return self._place

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
