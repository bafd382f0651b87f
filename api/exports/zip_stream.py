"""Zip archive that is written while it is sent."""

from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from api.exports.buffer import Buffer

# Earliest time that zip can represent; a constant makes archives reproducible.
NO_TIME = (1980, 1, 1, 0, 0, 0)


class ZipStream:
    """Writer of one zip entry after another; `take` returns the bytes written so far.

    Args:
        compression: `ZIP_STORED` or `ZIP_DEFLATED`, for all entries.
        large: Whether entries may exceed 2 GiB (zip64).
    """

    def __init__(self, compression: int = ZIP_STORED, *, large: bool = False) -> None:
        self._buffer = Buffer()
        self._zip = ZipFile(self._buffer, "w", compression)
        self._compression = compression
        self._large = large
        self._entry: IO[bytes] | None = None

    def begin(self, name: str, time: tuple[int, int, int, int, int, int] = NO_TIME) -> None:
        """End the current entry and begin a new one."""
        self._end()
        info = ZipInfo(name, time)
        info.compress_type = self._compression
        info.external_attr = 0o644 << 16
        self._entry = self._zip.open(info, "w", force_zip64=self._large)

    def write(self, data: bytes) -> None:
        """Write to the current entry."""
        assert self._entry is not None
        self._entry.write(data)

    def _end(self) -> None:
        if self._entry is not None:
            self._entry.close()
            self._entry = None

    def take(self) -> bytes:
        """Return and remove the bytes written since the last call."""
        return self._buffer.take()

    def finish(self) -> bytes:
        """End the archive and return the remaining bytes, including the central directory."""
        self._end()
        self._zip.close()
        return self._buffer.take()
