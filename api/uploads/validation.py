"""Validate uploaded files by their headers, without decoding pixels."""

from api.uploads.inspection.headers import scan
from api.uploads.inspection.pool import InspectorPool
from api.uploads.multipart import Upload
from core.errors import FileRejectedError
from core.media_types import SNIFFED_BYTES, sniff
from infra.database.queries.submissions import StoredImage
from infra.settings import Settings

# Maximum side in pixels. The JPEG format ends at 65,535.
MAX_SIDE = 65_535


def inspect(upload: Upload, settings: Settings, inspectors: InspectorPool) -> StoredImage:
    """Return hash, media type, size in bytes, and dimensions of an uploaded file.

    Raises:
        FileRejectedError: The file is empty, too large, of an unsupported type, or unreadable.
        UnavailableError: No process could be started to read the header.
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
    size = scan(file, upload.size, media_type) or inspectors.measure(file, upload.size, media_type)
    width, height = size
    _check_size(width, height, settings)
    file.seek(0)
    return StoredImage(
        sha256=upload.sha256, media_type=media_type, bytes=upload.size, width=width, height=height
    )


def _check_size(width: int, height: int, settings: Settings) -> None:
    if width < 1 or height < 1:
        raise FileRejectedError("unreadable", "The image has no pixels.")
    if width * height > settings.max_pixels or max(width, height) > MAX_SIDE:
        raise FileRejectedError(
            "too_many_pixels",
            f"The image has {width}×{height} pixels; the limit is {settings.max_pixels:,} pixels "
            f"and {MAX_SIDE:,} per side.",
        )
