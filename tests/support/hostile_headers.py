"""Files of 20.9 MB whose headers cost libraries a gigabyte of memory or minutes of time."""

from tests.support.images import encode, jpeg, make_image

_BYTES = 20_900_000


def gif_with_tiny_sub_blocks() -> bytes:
    """Return a GIF whose comment consists of sub-blocks of one byte."""
    gif = encode(make_image(), "GIF")
    # Insert the comment after the global palette of 256 colours.
    palette_end = 13 + 3 * 256
    comment = b"!\xfe" + b"\x01a" * ((_BYTES - len(gif)) // 2) + b"\0"
    return gif[:palette_end] + comment + gif[palette_end:]


def jpeg_with_empty_segments() -> bytes:
    """Return a JPEG with five million empty APP0 segments."""
    return _jpeg_with(b"\xff\xe0\0\x02")


def jpeg_with_exif_segments() -> bytes:
    """Return a JPEG with a million EXIF segments of ten bytes."""
    return _jpeg_with(b"\xff\xe1\0\x12Exif\0\0" + bytes(10))


def jpeg_with_junk_between_segments() -> bytes:
    """Return a JPEG with a million EXIF segments, each followed by bytes that Pillow skips."""
    return _jpeg_with(b"junk\xff\xe1\0\x12Exif\0\0" + bytes(10))


def _jpeg_with(segment: bytes) -> bytes:
    intact = jpeg()
    # Insert the segments after the JFIF segment of 18 bytes.
    return intact[:20] + segment * ((_BYTES - len(intact)) // len(segment)) + intact[20:]


HOSTILE = {
    "GIF with tiny sub-blocks": gif_with_tiny_sub_blocks,
    "JPEG with empty segments": jpeg_with_empty_segments,
    "JPEG with EXIF segments": jpeg_with_exif_segments,
    "JPEG with junk between segments": jpeg_with_junk_between_segments,
}
