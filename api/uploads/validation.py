"""Validate uploaded files by their headers, without decoding pixels."""

from typing import BinaryIO

import pillow_heif
from PIL import Image

from api.uploads.multipart import Upload
from core.errors import FileRejectedError
from core.media_types import PILLOW_FORMATS, SNIFFED_BYTES, sniff
from infra.database.queries.submissions import StoredImage
from infra.settings import Settings

pillow_heif.register_heif_opener()
# Disable Pillow's fixed limit; `_check_size` applies the configured one.
Image.MAX_IMAGE_PIXELS = None

# Maximum side in pixels. The JPEG format ends at 65,535.
MAX_SIDE = 65_535
_ORIENTATION = 0x0112
# EXIF orientations that swap width and height.
_ROTATED = (5, 6, 7, 8)


def inspect(upload: Upload, settings: Settings) -> StoredImage:
    """Return hash, media type, size in bytes, and dimensions of an uploaded file.

    Raises:
        FileRejectedError: The file is empty, too large, of an unsupported type, or unreadable.
    """
    if upload.size == 0:
        raise FileRejectedError("empty", "The file is empty.")
    if upload.too_large:
        raise FileRejectedError(
            "too_many_bytes",
            f"The file is larger than the limit of {settings.max_upload_bytes:,} bytes.",
        )
    file = upload.file
    file.seek(0)
    media_type = sniff(file.read(SNIFFED_BYTES))
    if media_type is None:
        raise FileRejectedError(
            "unsupported_type", "The file is not a JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF or BMP."
        )
    width, height = _read_size(file, media_type, settings)
    file.seek(0)
    return StoredImage(
        sha256=upload.sha256, media_type=media_type, bytes=upload.size, width=width, height=height
    )


def _read_size(file: BinaryIO, media_type: str, settings: Settings) -> tuple[int, int]:
    """Return width and height in pixels after the EXIF orientation is applied."""
    file.seek(0)
    try:
        with Image.open(file, formats=PILLOW_FORMATS[media_type]) as image:
            width, height = image.size
            _check_size(width, height, settings)
            # libheif applies the orientation itself.
            is_rotated = media_type != "image/heic" and _is_rotated(image)
    except FileRejectedError:
        raise
    except Exception as error:
        # Pillow's plugins raise many kinds of errors for malformed files.
        raise FileRejectedError(
            "unreadable", "The file starts like an image, but its header cannot be read."
        ) from error
    return (height, width) if is_rotated else (width, height)


def _check_size(width: int, height: int, settings: Settings) -> None:
    if width < 1 or height < 1:
        raise FileRejectedError("unreadable", "The image has no pixels.")
    if width * height > settings.max_pixels or max(width, height) > MAX_SIDE:
        raise FileRejectedError(
            "too_many_pixels",
            f"The image has {width}×{height} pixels; the limit is {settings.max_pixels:,} pixels "
            f"and {MAX_SIDE:,} per side.",
        )


def _is_rotated(image: Image.Image) -> bool:
    try:
        # PngImageFile.getexif would decode the pixels to find EXIF data after them. The method of
        # the base class reads only the header.
        return Image.Image.getexif(image).get(_ORIENTATION, 1) in _ROTATED
    except Exception:  # noqa: BLE001 (an image with a broken EXIF block can still be valid)
        return False
