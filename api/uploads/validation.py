"""The check at the door: is this file a picture that we take? Looks at headers, decodes nothing."""

from typing import BinaryIO

import pillow_heif
from PIL import Image

from api.uploads.multipart import Upload
from core.errors import FileRejectedError
from core.media_types import PILLOW_FORMATS, SNIFFED_BYTES, sniff
from infra.database.queries.submissions import StoredImage
from infra.settings import Settings

pillow_heif.register_heif_opener()
# The limit is a setting and is checked below; Pillow's own is fixed.
Image.MAX_IMAGE_PIXELS = None

# libjpeg and WebP end near here; nothing with a longer side is a photograph.
MAX_SIDE = 65_535
_ORIENTATION = 0x0112


def inspect(upload: Upload, settings: Settings) -> StoredImage:
    """Say what a received file is.

    Raises:
        FileRejectedError: it is empty, no picture, of a kind we do not take, or too large.
    """
    if upload.size == 0:
        raise FileRejectedError("empty", "The file is empty.")
    if upload.too_large:
        raise FileRejectedError(
            "too_many_bytes",
            f"The file is larger than the {settings.max_upload_bytes:,} bytes allowed.",
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
    """Width and height as a person sees the picture, after its EXIF orientation."""
    file.seek(0)
    try:
        with Image.open(file, formats=PILLOW_FORMATS[media_type]) as image:
            width, height = image.size
            _check_size(width, height, settings)
            turned = media_type != "image/heic" and _is_turned(image)
    except FileRejectedError:
        raise
    except Exception as error:
        # Readers raise whatever the file makes them raise; here it means one thing.
        raise FileRejectedError(
            "unreadable", "The file begins like a picture but its header cannot be read."
        ) from error
    return (height, width) if turned else (width, height)


def _check_size(width: int, height: int, settings: Settings) -> None:
    if width < 1 or height < 1:
        raise FileRejectedError("unreadable", "The picture has no pixels.")
    if width * height > settings.max_pixels or max(width, height) > MAX_SIDE:
        raise FileRejectedError(
            "too_many_pixels",
            f"The picture has {width}×{height} pixels; {settings.max_pixels:,} are allowed.",
        )


def _is_turned(image: Image.Image) -> bool:
    try:
        # A PNG's own getexif would decode the picture to look behind it; what all pictures have in
        # common reads only the header.
        return Image.Image.getexif(image).get(_ORIENTATION, 1) in (5, 6, 7, 8)
    except Exception:  # noqa: BLE001 (a broken EXIF block says nothing; the picture may be good)
        return False
