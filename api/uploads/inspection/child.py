"""Child process that measures files with Pillow and libheif: `python -m` this module.

It reads requests from stdin and writes a reply to stdout for each. It ends with the process that
holds the other end of stdin, or when a file exceeds a limit.
"""

import ctypes
import io
import os
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

import pillow_heif
from PIL import Image

from api.uploads.inspection.exif import ORIENTATION
from api.uploads.inspection.protocol import READY, REPLY, REQUEST
from api.uploads.inspection.size import Size
from core.media_types import MEDIA_TYPES, PILLOW_FORMATS

# Processor time of one file in seconds. Ordinary files need some milliseconds.
CPU_SECONDS = 2.0
# Address space for one file: a constant and a multiple of its size.
_MEMORY_BYTES = 96 << 20
_MEMORY_PER_BYTE = 8
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h

pillow_heif.register_heif_opener()
# Disable Pillow's fixed limit; validation applies the configured one.
Image.MAX_IMAGE_PIXELS = None


def measure(file: BinaryIO, media_type: str) -> Size:
    """Return the dimensions with the EXIF orientation applied, without decoding pixels.

    Raises:
        Exception: the file is malformed; Pillow's plugins raise many kinds.
    """
    with Image.open(file, formats=PILLOW_FORMATS[media_type]) as image:
        size = Size(*image.size)
        # libheif applies the orientation itself.
        return size if media_type == "image/heic" else size.oriented(_orientation(image))


def _orientation(image: Image.Image) -> int:
    try:
        # PngImageFile.getexif would decode the pixels to find EXIF data after them. The method of
        # the base class reads only the header.
        return int(Image.Image.getexif(image).get(ORIENTATION, 0))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (an image with a broken EXIF block can still be valid)
        return 0


def main() -> None:
    """Answer requests until stdin ends."""
    _isolate()
    address_space = _address_space()
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    replies.write(READY)
    replies.flush()
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        index, size = REQUEST.unpack(head)
        if address_space:
            _limit(resource.RLIMIT_AS, address_space + _MEMORY_BYTES + _MEMORY_PER_BYTE * size)
        file = io.BytesIO(requests.read(size))
        # The default action of SIGPROF ends the process, also within a library.
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        reply = _answer(file, MEDIA_TYPES[index])
        signal.setitimer(signal.ITIMER_PROF, 0)
        replies.write(reply)
        replies.flush()


def _answer(file: BinaryIO, media_type: str) -> bytes:
    try:
        return REPLY.pack(1, *measure(file, media_type))
    except MemoryError:
        raise  # ends the process: libraries may be left in any state
    except Exception:  # noqa: BLE001 (see `measure`)
        return REPLY.pack(0, 0, 0)


def _isolate() -> None:
    """Forbid writing files and, where user namespaces are allowed, the network."""
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        # Fails in most containers, which restrict the network themselves.
        ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _limit(kind: int, value: int) -> None:
    """Set a limit, or keep a lower one that the administrator has set."""
    _, hard = resource.getrlimit(kind)
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (allowed, hard))


def _address_space() -> int | None:
    """Return the present address space in bytes; None if the system does not report it."""
    path = Path("/proc/self/statm")
    if not path.exists():
        return None
    return int(path.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
