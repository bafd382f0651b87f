"""Decode image files to upright RGB pixels.

docs/explanation/classifier.md describes which library decodes which format, and why.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import cast

import cv2
import numpy as np
import pillow_heif
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.errors import ClassificationError
from core.media_types import PILLOW_FORMATS

Pixels = NDArray[np.uint8]

# A large JPEG is decoded at 1/4 or 1/8 of its scale as long as its shorter side keeps at least this
# many pixels: twice the side of the model's input. JPEGs with a shorter side below 1,792 pixels are
# decoded at full scale: the saving is small, and scores may differ from the reference by 0.1.
MIN_SIDE = 448
SCALES = (8, 4)

_ORIENTATION = 0x0112  # EXIF tag
_MAX_UINT16 = 65535.0

pillow_heif.register_heif_opener()
# `_check_pixels` applies a limit from the settings instead of Pillow's fixed one.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded image.

    Attributes:
        pixels: Upright RGB pixels of shape (height, width, 3), dtype uint8.
        reduced_by: Factor by which the decoder reduced width and height: 1, 4 or 8.
    """

    pixels: Pixels
    reduced_by: int


def decode(data: bytes, media_type: str, *, max_pixels: int) -> Decoded:
    """Decode the first frame of an image: upright, RGB, transparent areas white.

    Args:
        data: Encoded file.
        media_type: A key of PILLOW_FORMATS.
        max_pixels: Largest width × height, checked before decoding.

    Raises:
        ClassificationError: `truncated`, `unreadable`, `too_many_pixels` or `out_of_memory`.
    """
    try:
        with Image.open(BytesIO(data), formats=PILLOW_FORMATS[media_type]) as image:
            _check_pixels(image, max_pixels)
            if media_type == "image/jpeg":
                return _decode_jpeg(data, image)
            return Decoded(_to_array(image), 1)
    except ClassificationError:
        raise
    except MemoryError as error:
        raise out_of_memory() from error
    except Exception as error:
        # Decoders raise many types of exception for damaged files, IndexError and SyntaxError too.
        raise _unreadable(error) from error


def out_of_memory() -> ClassificationError:
    """Return the error for an image that exceeds the memory limit of the worker process."""
    return ClassificationError(
        "out_of_memory",
        "The image needs more memory than a worker may use. Upload a smaller version.",
    )


def _check_pixels(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise ClassificationError(
            "too_many_pixels",
            f"The image has {width}×{height} pixels; the limit is {max_pixels:,}. "
            "Upload a smaller version.",
        )


def _unreadable(error: Exception) -> ClassificationError:
    if "truncated" in str(error).lower() or "premature" in str(error).lower():
        return ClassificationError("truncated", "The file is truncated. Upload the complete file.")
    return ClassificationError(
        "unreadable", "The file is damaged or incomplete. Upload an intact copy."
    )


def _decode_jpeg(data: bytes, image: Image.Image) -> Decoded:
    if image.mode not in ("RGB", "L"):  # CMYK and YCCK
        return Decoded(_to_array(image), 1)
    reduced_by = _reduction(*image.size)
    width, height = (-(-side // reduced_by) for side in image.size)
    try:
        pixels = cast(
            "Pixels",
            simplejpeg.decode_jpeg(
                data, "RGB", min_height=height, min_width=width, min_factor=reduced_by
            ),
        )
    except ValueError:
        # simplejpeg raises on every warning of libjpeg. Pillow ignores warnings that leave the
        # pixels complete and still refuses truncated files.
        return Decoded(_to_array(image), 1)
    return Decoded(_turn_upright(pixels, _orientation(image)), reduced_by)


def _reduction(width: int, height: int) -> int:
    """Return the largest scale that keeps the shorter side at MIN_SIDE or more, else 1."""
    shorter = min(width, height)
    return next((scale for scale in SCALES if shorter / scale >= MIN_SIDE), 1)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation from 1 to 8; 1 if it is missing or invalid."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 (the image is valid without its EXIF block)
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004 (EXIF 2.32)


def _turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo an EXIF orientation from 1 to 8 (EXIF 2.32, tag 0x0112)."""
    if orientation == 1:
        return pixels
    if orientation >= 5:  # noqa: PLR2004 (5 to 8 are mirrored along the diagonal)
        pixels = cast("Pixels", cv2.transpose(pixels))
    flips = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
    flip = flips.get(orientation)
    return pixels if flip is None else cast("Pixels", cv2.flip(pixels, flip))


def _to_array(image: Image.Image) -> Pixels:
    """Decode an image of any mode with Pillow."""
    image.load()
    upright = ImageOps.exif_transpose(_without_broken_exif(image))
    return np.ascontiguousarray(np.asarray(_to_rgb(upright), dtype=np.uint8))


def _without_broken_exif(image: Image.Image) -> Image.Image:
    """Remove an EXIF block that `exif_transpose` need not or cannot read."""
    if _orientation(image) == 1:
        image.info.pop("exif", None)
    return image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _to_eight_bits(image)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        foreground = image.convert("RGBA")
        background = Image.new("RGBA", foreground.size, "white")
        return Image.alpha_composite(background, foreground).convert("RGB")
    return image.convert("RGB")


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey by its full range, and 32-bit or float grey by the range it uses."""
    values = np.asarray(image, dtype=np.float32)
    low, high = 0.0, _MAX_UINT16
    if image.mode == "F" or values.max(initial=0) > _MAX_UINT16:
        low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255.0 / max(high - low, 1e-9))
    return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")
