"""The classifier: upright pixels to the five best classes. Pure functions."""

from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from core.predictions import ScoredClass
from worker.imaging.decode import Pixels

INPUT_SIDE = 224
BEST = 5

Tensor = NDArray[np.float32]


class Runtime(Protocol):
    """A loaded model. Not for use by several threads at once."""

    name: str

    def predict(self, tensors: Tensor) -> tuple[Tensor, Tensor]:
        """Class probabilities (n, 1000) and embeddings (n, 1280) of inputs (n, 224, 224, 3)."""


def to_tensor(pixels: Pixels) -> Tensor:
    """What the model sees of a picture: 224×224, RGB, from -1 to 1.

    Bilinear without antialiasing, stretched to a square, as `cv2.resize` does by default; the
    scaling is `keras.applications.mobilenet_v2.preprocess_input`.
    """
    small = cv2.resize(pixels, (INPUT_SIDE, INPUT_SIDE), interpolation=cv2.INTER_LINEAR)
    tensor = small.astype(np.float32)
    tensor *= 1 / 127.5
    tensor -= 1
    return cast("Tensor", tensor)


def best_classes(probabilities: Tensor) -> list[ScoredClass]:
    """The five most likely of the 1,000 classes, best first; equals keep the lower index first."""
    least = np.partition(probabilities, -BEST)[-BEST]
    likely = np.flatnonzero(probabilities >= least)
    best = likely[np.argsort(-probabilities[likely], kind="stable")][:BEST]
    return [ScoredClass(int(index), float(probabilities[index])) for index in best]
