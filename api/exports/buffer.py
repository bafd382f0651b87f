"""In-memory buffer between a file writer and a streaming response."""


class Buffer:
    """Write-only file object that hands out its content as it grows.

    `tell` returns the total number of bytes written, so that writers can record offsets.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def take(self) -> bytes:
        """Return and remove the bytes written since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
