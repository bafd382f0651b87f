"""Compile Keras weights to LiteRT: `python -m worker.model.compile WEIGHTS OUTPUT [PRECISION]`.

The compiled model has two outputs: 1,000 class probabilities, and the embedding, the 1,280
activations before the last layer. Keras's own result for the self-test image is written beside it.

`python -m worker.model.compile --download` downloads Keras's published weights and prints the path.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from infra.settings import Precision
from worker.model.calibration import calibration_inputs
from worker.model.self_test import SELF_TEST_IMAGE, write_expected

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def load_keras(weights: Path) -> Any:  # noqa: ANN401 (Keras publishes no types)
    """Load MobileNetV2 with two outputs: class probabilities and the embedding."""
    import keras  # noqa: PLC0415 (takes seconds and hundreds of megabytes)

    base = keras.applications.MobileNetV2(weights=str(weights))
    return keras.Model(base.input, [base.output, base.layers[-2].output])


def compile_model(weights: Path, output: Path, precision: Precision = "float32") -> None:
    """Write the compiled model atomically, and the expected self-test result beside it.

    Inputs and outputs of the model are float32 at either precision.
    """
    import tensorflow as tf  # noqa: PLC0415 (as in load_keras)

    model = load_keras(weights)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_expected(output, _reference_probabilities(model))
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if precision == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = calibration_inputs
    unfinished = output.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as file:
        file.write(converter.convert())
        file.flush()
        os.fsync(file.fileno())  # before the rename, so that a power failure leaves no partial file
    unfinished.replace(output)


def _reference_probabilities(model: Any) -> np.ndarray[Any, np.dtype[np.float32]]:  # noqa: ANN401
    """Classify the self-test image with Keras's own loading and preprocessing only."""
    import keras  # noqa: PLC0415

    with Image.open(SELF_TEST_IMAGE) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=np.float32)
    inputs = keras.applications.mobilenet_v2.preprocess_input(pixels[np.newaxis])
    probabilities, _ = model(inputs, training=False)
    return np.asarray(probabilities[0])


def download_weights() -> Path:
    """Download the ImageNet weights that Keras publishes to its cache; return their path."""
    import keras  # noqa: PLC0415

    keras.applications.MobileNetV2(weights="imagenet")
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5"
    return Path(keras.config.keras_home()) / "models" / name


if __name__ == "__main__":
    if sys.argv[1:] == ["--download"]:
        sys.stdout.write(f"{download_weights()}\n")
    else:
        compile_model(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])  # type: ignore[arg-type]
