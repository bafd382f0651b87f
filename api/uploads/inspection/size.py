"""Dimensions of an image and their relation to the EXIF orientation."""

from typing import NamedTuple

# EXIF orientations that swap width and height.
ROTATED = (5, 6, 7, 8)


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def oriented(self, orientation: int) -> "Size":
        """Return the size after the EXIF orientation is applied."""
        return Size(self.height, self.width) if orientation in ROTATED else self
