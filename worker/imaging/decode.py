"""From a file's bytes to upright RGB pixels.

One function, `decode`; which library decodes what, and why, is in docs/classifier.md.
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

# A large JPEG is decoded at a quarter or an eighth of its scale, while its shorter side stays at
# least this long: twice the model's input. Smaller ones, below 1,792 pixels, are decoded whole:
# there the saving is small, and a score may differ by ten points from the reference's.
MIN_SIDE = 448
SCALES = (8, 4)

_ORIENTATION = 0x0112
_SIXTEEN_BITS = 65535.0

pillow_heif.register_heif_opener()
# We check sizes from the header ourselves, with a setting; Pillow's own alarm has a fixed one.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """Upright pixels, (height, width, 3), and by how much they were reduced while decoding."""

    pixels: Pixels
    reduced_by: int


def decode(data: bytes, media_type: str, *, max_pixels: int) -> Decoded:
    """Decode the first frame of a picture: upright, RGB, transparency on white.

    Raises:
        ClassificationError: `truncated`, `unreadable` or `too_many_pixels`.
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
        raise ClassificationError(
            "out_of_memory", "The picture needs more memory than a worker may use."
        ) from error
    except Exception as error:
        # Decoders raise whatever their file format makes them raise; to us it is all one.
        raise _unreadable(error) from error


def _check_pixels(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise ClassificationError(
            "too_many_pixels",
            f"The picture has {width}×{height} pixels; {max_pixels:,} are allowed.",
        )


def _unreadable(error: Exception) -> ClassificationError:
    if "truncated" in str(error).lower() or "premature" in str(error).lower():
        return ClassificationError("truncated", "The file ends before the picture does.")
    return ClassificationError("unreadable", "The file is damaged or incomplete.")


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
        # libjpeg's warnings are errors to simplejpeg. Pillow lets pass those that leave the
        # picture whole, and refuses a truncated one.
        return Decoded(_to_array(image), 1)
    return Decoded(_turn_upright(pixels, _orientation(image)), reduced_by)


def _reduction(width: int, height: int) -> int:
    """The largest scale that keeps the shorter side long enough."""
    shorter = min(width, height)
    return next((scale for scale in SCALES if shorter / scale >= MIN_SIDE), 1)


def _orientation(image: Image.Image) -> int:
    """EXIF's word on which way is up, or 1 where it says nothing sensible."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 (a broken EXIF block is no reason to refuse a good picture)
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004 (EXIF's eight)


def _turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo the camera's turn: EXIF 2.32, tag 0x0112."""
    if orientation == 1:
        return pixels
    if orientation >= 5:  # noqa: PLR2004 (5 to 8 are mirrored along the diagonal)
        pixels = cast("Pixels", cv2.transpose(pixels))
    flips = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
    flip = flips.get(orientation)
    return pixels if flip is None else cast("Pixels", cv2.flip(pixels, flip))


def _to_array(image: Image.Image) -> Pixels:
    """Decode with Pillow, whatever the mode."""
    image.load()
    upright = ImageOps.exif_transpose(_without_broken_exif(image))
    return np.ascontiguousarray(np.asarray(_to_rgb(upright), dtype=np.uint8))


def _without_broken_exif(image: Image.Image) -> Image.Image:
    if _orientation(image) == 1:
        image.info.pop("exif", None)
    return image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _to_eight_bits(image)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        picture = image.convert("RGBA")
        on_white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(on_white, picture).convert("RGB")
    return image.convert("RGB")


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Bring 16-bit grey to 8 bits by its range; anything wider by the range it uses."""
    values = np.asarray(image, dtype=np.float32)
    low, high = 0.0, _SIXTEEN_BITS
    if image.mode == "F" or values.max(initial=0) > _SIXTEEN_BITS:
        low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255.0 / max(high - low, 1e-9))
    return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")
