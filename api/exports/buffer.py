"""A file that is only ever written to, and emptied as it fills."""


class Buffer:
    """Give it to a writer of archives or tables, and take what has been written so far."""

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
        """What has been written since it was last taken."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
