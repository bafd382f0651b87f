"""Bounded scan of a file's structure, before a library reads the file."""

from contextlib import suppress
from typing import BinaryIO

from api.uploads.inspection.containers import check_gif, check_heif, check_tiff
from api.uploads.inspection.jpeg import measure_jpeg
from api.uploads.inspection.png import measure_png
from api.uploads.inspection.reader import HeaderReader, NotPlainError
from api.uploads.inspection.size import Size
from api.uploads.inspection.webp import measure_webp

_MEASURES = {"image/jpeg": measure_jpeg, "image/png": measure_png, "image/webp": measure_webp}
_CHECKS = {
    "image/gif": check_gif,
    "image/tiff": check_tiff,
    "image/heic": check_heif,
    "image/avif": check_heif,
}


def scan(file: BinaryIO, size: int, media_type: str) -> Size | None:
    """Return the dimensions of a plain JPEG, PNG or WebP; None if a library has to read the file.

    Reads the header only, in less than 0.1 s for any file of `size` bytes.

    Raises:
        FileRejectedError: the header exceeds a limit.
    """
    reader = HeaderReader(file)
    with suppress(NotPlainError):
        if media_type in _MEASURES:
            return _MEASURES[media_type](reader, size)
        if media_type in _CHECKS:
            _CHECKS[media_type](reader, size)
    return None
