"""The check that a worker passes before its first picture.

A wrong channel order, scale or resize raises no error by itself, it only makes the answers
worse. So a picture made for the purpose (coloured shapes, 224×224) goes through the worker's own
decoding and model, and must give what Keras gave when the model was compiled.
"""

import json
from pathlib import Path

import numpy as np

from core.errors import ModelError
from worker.imaging.decode import decode
from worker.inference.tensors import Runtime, Tensor, best_classes, to_tensor

SELF_TEST_IMAGE = Path(__file__).with_name("self_test.jpg")

# Runtimes differ from Keras by less than 1e-3 (float32); int8 by a few hundredths. The mistakes
# this check is for change the best class or its score by tenths: see the unit test.
TOLERANCE = 0.08


def expected_path(model: Path) -> Path:
    return model.with_suffix(".json")


def write_expected(model: Path, probabilities: Tensor) -> None:
    """Keep Keras's answer beside the compiled model."""
    best = [[each.class_index, round(each.score, 6)] for each in best_classes(probabilities)]
    expected_path(model).write_text(json.dumps(best))


def run_self_test(runtime: Runtime, expected: Path) -> None:
    """Compare the runtime's answer with the one kept.

    Raises:
        ModelError: they differ by more than rounding explains, or there is nothing to compare.
    """
    try:
        wanted = json.loads(expected.read_text())
    except (OSError, ValueError) as error:
        raise ModelError(f"The check {expected.name} of the model cannot be read.") from error
    classify_self_test_image(runtime, wanted)


def classify_self_test_image(runtime: Runtime, wanted: list[tuple[int, float]]) -> None:
    """Classify the check picture and compare with (class index, score) pairs.

    Raises:
        ModelError: a score is off by more than TOLERANCE.
    """
    picture = decode(SELF_TEST_IMAGE.read_bytes(), "image/jpeg", max_pixels=224 * 224)
    probabilities = runtime.predict(to_tensor(picture.pixels)[np.newaxis])[0][0]
    for index, score in wanted:
        if abs(float(probabilities[index]) - score) > TOLERANCE:
            raise ModelError(
                f"The model {runtime.name} gives {probabilities[index]:.3f} where {score:.3f} is "
                f"right (class {index} of the check picture); it is not used."
            )
