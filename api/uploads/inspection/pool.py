"""Pool of child processes that measure files.

A file that crashes, hangs or exhausts its child is rejected; the next file gets a new child.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path
from queue import LifoQueue
from typing import BinaryIO

from api.uploads.inspection.protocol import READY, REPLY, REQUEST
from api.uploads.inspection.size import Size
from core.errors import FileRejectedError, UnavailableError
from core.media_types import MEDIA_TYPES

_CHILDREN = 2
# A busy machine may take long; the limit of processor time in the child is stricter.
_REPLY_SECONDS = 10.0
_START_SECONDS = 30.0
_BLOCK = 1 << 18
_ROOT = Path(__file__).parents[3]
# The child gets these variables and no settings or secrets.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG")


class InspectorPool:
    """Starts up to `children` processes on demand and keeps them. May be used by any thread."""

    def __init__(self, children: int = _CHILDREN) -> None:
        self._children = children
        self._idle: LifoQueue[_Child | None] = LifoQueue()
        for _ in range(children):
            self._idle.put(None)

    def measure(self, file: BinaryIO, size: int, media_type: str) -> Size:
        """Return the dimensions of a file of `size` bytes, with the orientation applied.

        Raises:
            FileRejectedError: the file is unreadable, or its child ended.
            UnavailableError: no child could be started.
        """
        child = self._idle.get()
        try:
            if child is None or child.has_ended():
                child = _start_child()
            reply = child.measure(file, size, media_type)
        except OSError as error:
            raise FileRejectedError(
                "unreadable", "The header of the file takes too much time or memory to read."
            ) from error
        finally:
            self._idle.put(child)
        if reply is None:
            raise FileRejectedError(
                "unreadable", "The file starts like an image, but its header cannot be read."
            )
        return reply

    def close(self) -> None:
        """End all children. Waits for those that are measuring a file."""
        for child in [self._idle.get() for _ in range(self._children)]:
            if child:
                child.close()
            self._idle.put(None)


def _start_child() -> "_Child":
    try:
        return _Child()
    except OSError as error:
        raise UnavailableError from error


class _Child:
    """A child process and the socket that is its stdin and stdout."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            # The child ends with this process, because its stdin ends. PR_SET_PDEATHSIG would end
            # it with the thread that started it.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.uploads.inspection.child"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,  # Ctrl-C reaches only the API
            )
        self._socket.settimeout(_START_SECONDS)
        if self._socket.recv(len(READY)) != READY:
            self.close()
            raise ChildProcessError("The inspector process does not start.")
        self._socket.settimeout(_REPLY_SECONDS)

    def has_ended(self) -> bool:
        if self._process.poll() is None:
            return False
        self._socket.close()
        return True

    def close(self) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def measure(self, file: BinaryIO, size: int, media_type: str) -> Size | None:
        """Return the dimensions, or None if the file is malformed.

        Raises:
            OSError: the process ended or does not reply. It is closed.
        """
        reply = b""
        try:
            self._socket.sendall(REQUEST.pack(MEDIA_TYPES.index(media_type), size))
            file.seek(0)
            while block := file.read(_BLOCK):
                self._socket.sendall(block)
            reply = self._socket.recv(REPLY.size)
        finally:
            if len(reply) < REPLY.size:
                self.close()
        if len(reply) < REPLY.size:
            raise ChildProcessError("The inspector process ended.")
        readable, width, height = REPLY.unpack(reply)
        return Size(width, height) if readable else None
