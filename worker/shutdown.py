"""Shutdown flag shared by the main process and its forked processes."""

from mmap import mmap


class ShutdownFlag:
    """One byte of shared memory, created before the fork. The main process sets it once."""

    def __init__(self) -> None:
        self._flag = mmap(-1, 1)

    def set(self) -> None:
        """Request that all processes finish the current image and release the others."""
        self._flag[0] = 1

    def is_set(self) -> bool:
        """Return whether shutdown was requested."""
        return self._flag[0] == 1
