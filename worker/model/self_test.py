"""Self-test that a model passes before the worker classifies any image.

A wrong channel order, scale or resize raises no error; it only degrades the predictions. The
self-test therefore decodes and classifies a fixed image (coloured shapes, 224×224) and compares the
scores with those that Keras computed when the model was compiled.
"""

import json
from pathlib import Path

import numpy as np

from core.errors import ModelError
from worker.imaging.decode import decode
from worker.inference.tensors import INPUT_SIDE, Runtime, Tensor, best_classes, to_tensor

SELF_TEST_IMAGE = Path(__file__).with_name("self_test.jpg")

# Largest difference of a score. Correct runtimes differ from Keras by less than 0.001 (float32) or
# 0.05 (int8); preprocessing mistakes change the best class or its score by 0.1 or more.
TOLERANCE = 0.08


def expected_path(model: Path) -> Path:
    """Return the path of the expected scores of a compiled model."""
    return model.with_suffix(".json")


def write_expected(model: Path, probabilities: Tensor) -> None:
    """Write the five best classes with Keras's scores beside the compiled model."""
    best = [[each.class_index, round(each.score, 6)] for each in best_classes(probabilities)]
    expected_path(model).write_text(json.dumps(best))


def run_self_test(runtime: Runtime, expected: Path) -> None:
    """Compare the runtime's scores with the expected ones.

    Raises:
        ModelError: A score differs by more than TOLERANCE, or the file cannot be read.
    """
    try:
        pairs = json.loads(expected.read_text())
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The expected self-test scores {expected} cannot be read. Delete "
            f"{expected.with_suffix('.tflite').name} beside it to compile the model again."
        ) from error
    classify_self_test_image(runtime, pairs)


def classify_self_test_image(runtime: Runtime, expected: list[tuple[int, float]]) -> None:
    """Classify the self-test image and compare the scores.

    Args:
        runtime: Model to test.
        expected: Pairs of class index and score.

    Raises:
        ModelError: A score differs by more than TOLERANCE.
    """
    image = decode(SELF_TEST_IMAGE.read_bytes(), "image/jpeg", max_pixels=INPUT_SIDE**2)
    probabilities = runtime.predict(to_tensor(image.pixels)[np.newaxis])[0][0]
    for index, score in expected:
        if abs(float(probabilities[index]) - score) > TOLERANCE:
            raise ModelError(
                f"The model {runtime.name} failed its self-test: class {index} scores "
                f"{probabilities[index]:.3f} instead of {score:.3f}. Compile it again from "
                "intact weights."
            )
