"""Calibration images for int8 quantisation.

Generated, not shipped: smooth noise at several scales with the brightness and colourfulness of
photographs. Models calibrated with it agree with float32 as often as models calibrated with
photographs (docs/explanation/classifier.md), because ReLU6 fixes most ranges in MobileNetV2.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from worker.imaging.decode import Pixels
from worker.inference.tensors import INPUT_SIDE, Tensor, to_tensor

_COUNT = 50
# (side of the noise grid in cells, weight): coarse shapes outweigh fine grain.
_SCALES = ((2, 1.5), (4, 1.5), (8, 1.5), (16, 0.6), (32, 0.6), (64, 0.6), (INPUT_SIDE, 0.6))


def calibration_inputs() -> Iterator[list[Tensor]]:
    """Yield the model input of each calibration image, shape (1, 224, 224, 3). Deterministic."""
    noise = np.random.default_rng(0)
    for _ in range(_COUNT):
        yield [to_tensor(_make_image(noise))[np.newaxis]]


def _make_image(noise: np.random.Generator) -> Pixels:
    values = np.zeros((INPUT_SIDE, INPUT_SIDE, 3), np.float32)
    for side, weight in _SCALES:
        grid = noise.normal(size=(side, side, 3)).astype(np.float32)
        grown = cv2.resize(grid, (INPUT_SIDE, INPUT_SIDE), interpolation=cv2.INTER_CUBIC)
        values += grown * (weight * noise.uniform(0.1, 1))
    contrast, brightness = noise.uniform(40, 80), noise.uniform(60, 190, 3)
    return np.clip(values * contrast + brightness, 0, 255).astype(np.uint8)
