"""Bounded reading of a file's header."""

from typing import BinaryIO

from core.errors import FileRejectedError

# Segments, chunks, blocks or boxes of a header. Photos have some dozens; 5,000 JPEG segments could
# hold 320 MB.
MAX_PARTS = 5_000
# Bytes fetched at once; the header of most files is complete after one or two reads.
_BLOCK = 4096


class NotPlainError(Exception):
    """The scanner does not understand the file; a library has to read it."""


class HeaderReader:
    """Buffered reader that counts the parts of a header.

    Attributes:
        position: Offset of the next byte to read; may be moved anywhere.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.position = 0
        self._file = file
        self._block = b""
        self._block_start = 0
        self._parts = 0

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes.

        Raises:
            NotPlainError: the file ends before.
        """
        start = self.position - self._block_start
        if start < 0 or start + count > len(self._block):
            self._file.seek(self.position)
            self._block = self._file.read(max(count, _BLOCK))
            self._block_start, start = self.position, 0
        data = self._block[start : start + count]
        if len(data) < count:
            raise NotPlainError
        self.position += count
        return data

    def skip(self, count: int) -> None:
        """Move forward without reading."""
        self.position += count

    def count_part(self) -> None:
        """Count one part of the header.

        Raises:
            FileRejectedError: the header has too many parts.
        """
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise FileRejectedError(
                "unreadable", f"The header of the file has more than {MAX_PARTS:,} parts."
            )
