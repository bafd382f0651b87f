"""Telling the processes that a worker has forked that it is to stop."""

from mmap import mmap


class ShutdownFlag:
    """One byte of shared memory, to be made before the fork: set once, read by every process."""

    def __init__(self) -> None:
        self._flag = mmap(-1, 1)

    def begin(self) -> None:
        self._flag[0] = 1

    def has_begun(self) -> bool:
        return self._flag[0] == 1
