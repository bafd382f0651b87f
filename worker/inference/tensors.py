"""Convert pixels to the model's input and its output to the best classes. Pure functions."""

from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from core.predictions import ScoredClass
from worker.imaging.decode import Pixels

INPUT_SIDE = 224
BEST = 5  # predictions per image

Tensor = NDArray[np.float32]


class Runtime(Protocol):
    """Loaded model. Not thread-safe."""

    name: str

    def predict(self, tensors: Tensor) -> tuple[Tensor, Tensor]:
        """Run the model.

        Args:
            tensors: Inputs of shape (n, 224, 224, 3), from `to_tensor`.

        Returns:
            Class probabilities of shape (n, 1000) and embeddings of shape (n, 1280).
        """


def to_tensor(pixels: Pixels) -> Tensor:
    """Convert RGB pixels of any size to the model's input: shape (224, 224, 3), from -1 to 1.

    Resizing is bilinear without antialiasing and ignores the aspect ratio, like `cv2.resize` with
    its defaults; scaling equals `keras.applications.mobilenet_v2.preprocess_input`.
    """
    small = cv2.resize(pixels, (INPUT_SIDE, INPUT_SIDE), interpolation=cv2.INTER_LINEAR)
    tensor = small.astype(np.float32)
    tensor *= 1 / 127.5
    tensor -= 1
    return cast("Tensor", tensor)


def best_classes(probabilities: Tensor) -> list[ScoredClass]:
    """Return the five most likely classes, best first; ties in order of the class index.

    Args:
        probabilities: Class probabilities of one image, shape (1000,).
    """
    fifth_best = np.partition(probabilities, -BEST)[-BEST]
    likely = np.flatnonzero(probabilities >= fifth_best)
    best = likely[np.argsort(-probabilities[likely], kind="stable")][:BEST]
    return [ScoredClass(int(index), float(probabilities[index])) for index in best]
