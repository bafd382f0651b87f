"""A zip that is written while it is sent."""

from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from api.exports.buffer import Buffer

# The same pictures make the same bytes: entries carry no time of their own making.
NO_TIME = (1980, 1, 1, 0, 0, 0)


class ZipStream:
    """Entries one after the other; take what has been written whenever you like."""

    def __init__(self, compression: int = ZIP_STORED, *, large: bool = False) -> None:
        self._sink = Buffer()
        self._zip = ZipFile(self._sink, "w", compression)
        self._compression = compression
        self._large = large
        self._entry: IO[bytes] | None = None

    def begin(self, name: str, time: tuple[int, int, int, int, int, int] = NO_TIME) -> None:
        """End the entry before and begin another."""
        self._end()
        info = ZipInfo(name, time)
        info.compress_type = self._compression
        info.external_attr = 0o644 << 16
        self._entry = self._zip.open(info, "w", force_zip64=self._large)

    def write(self, data: bytes) -> None:
        """Write into the entry that was begun."""
        assert self._entry is not None
        self._entry.write(data)

    def _end(self) -> None:
        if self._entry is not None:
            self._entry.close()
            self._entry = None

    def take(self) -> bytes:
        """What can be sent by now."""
        return self._sink.take()

    def finish(self) -> bytes:
        """The directory at the end, without which it is no archive."""
        self._end()
        self._zip.close()
        return self._sink.take()
