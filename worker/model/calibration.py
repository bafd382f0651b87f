"""The pictures with which an int8 model learns its number ranges.

Made, not shipped: smooth noise at many scales, as bright and as colourful as photographs are.
Models calibrated with them agree with float32 as often as those calibrated with photographs, see
docs/classifier.md: most ranges in MobileNetV2 are fixed by its ReLU6.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from worker.inference.tensors import INPUT_SIDE, Tensor, to_tensor

_COUNT = 50
# Side of the noise grid, and how much of it a picture holds: coarse shapes outweigh fine grain.
_SCALES = ((2, 1.5), (4, 1.5), (8, 1.5), (16, 0.6), (32, 0.6), (64, 0.6), (INPUT_SIDE, 0.6))


def calibration_inputs() -> Iterator[list[Tensor]]:
    """The model's input for each picture; the same ones every time."""
    noise = np.random.default_rng(0)
    for _ in range(_COUNT):
        yield [to_tensor(_make_picture(noise))[np.newaxis]]


def _make_picture(noise: np.random.Generator) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    picture = np.zeros((INPUT_SIDE, INPUT_SIDE, 3), np.float32)
    for side, weight in _SCALES:
        grid = noise.normal(size=(side, side, 3)).astype(np.float32)
        grown = cv2.resize(grid, (INPUT_SIDE, INPUT_SIDE), interpolation=cv2.INTER_CUBIC)
        picture += grown * (weight * noise.uniform(0.1, 1))
    contrast, brightness = noise.uniform(40, 80), noise.uniform(60, 190, 3)
    return np.clip(picture * contrast + brightness, 0, 255).astype(np.uint8)
