"""Model input from pixels, and the best five classes from probabilities."""

import numpy as np

from core.predictions import ScoredClass
from worker.inference.tensors import best_classes, to_tensor


def test_tensor_is_224_by_224_from_minus_one_to_one() -> None:
    black_and_white = np.zeros((100, 300, 3), dtype=np.uint8)
    black_and_white[:, 150:] = 255
    tensor = to_tensor(black_and_white)

    assert tensor.shape == (224, 224, 3)
    assert tensor.dtype == np.float32
    assert tensor[:, :100].max() == -1
    assert tensor[:, 124:].min() == 1


def test_best_five_classes_are_sorted_by_score_then_index() -> None:
    probabilities = np.zeros(1000, dtype=np.float32)
    probabilities[[7, 900, 3, 500]] = [0.5, 0.25, 0.125, 0.125]

    assert best_classes(probabilities) == [
        ScoredClass(7, 0.5),
        ScoredClass(900, 0.25),
        ScoredClass(3, 0.125),
        ScoredClass(500, 0.125),
        ScoredClass(0, 0.0),
    ]
