"""Parity of the predictions with the reference pipeline, run with Keras."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from core.predictions import ScoredClass
from infra.settings import Settings
from tests.support.images import encode, jpeg, make_image
from worker.inference.tensors import Runtime
from worker.model.runtime import load_runtime
from worker.pipeline import Classifier

# Importing TensorFlow emits deprecation warnings of its own.
pytestmark = pytest.mark.filterwarnings("ignore")

MAX_PIXELS = 50_000_000
Probabilities = np.ndarray[Any, np.dtype[np.float32]]
Reference = Callable[[bytes], Probabilities]


@pytest.fixture(scope="module")
def reference(weights: Path) -> Reference:
    """Reference pipeline: returns all 1,000 class probabilities of a file."""
    import keras  # noqa: PLC0415 (takes seconds)

    model = keras.applications.MobileNetV2(weights=str(weights))

    def classify(data: bytes) -> Probabilities:
        pixels = np.array(Image.open(BytesIO(data)).convert("RGB"))
        inputs = cv2.resize(pixels, (224, 224)).astype(np.float32)
        inputs = keras.applications.mobilenet_v2.preprocess_input(inputs)
        probabilities: Probabilities = np.asarray(model(inputs[np.newaxis], training=False))[0]
        return probabilities

    return classify


@pytest.fixture(scope="module", params=["litert", "tensorflow"])
def runtime(request: pytest.FixtureRequest, weights: Path, compiled_model: Path) -> Runtime:
    """Each runtime, after its self-test."""
    return load_runtime(
        Settings(runtime=request.param, weights=weights, data_dir=compiled_model.parents[2])
    )


@pytest.fixture(scope="module")
def classifier(runtime: Runtime) -> Classifier:
    return Classifier(runtime, max_pixels=MAX_PIXELS)


def assert_same(predictions: list[ScoredClass], expected: np.ndarray) -> None:
    """Assert the same five classes with the same scores, within 0.001."""
    for found, best in zip(predictions, np.sort(expected)[::-1], strict=False):
        assert found.score == pytest.approx(best, abs=1e-3)
        # The class may differ only for equal scores.
        assert expected[found.class_index] == pytest.approx(best, abs=1e-3)
    assert len({each.class_index for each in predictions}) == 5


def test_photographs_match_the_reference(
    classifier: Classifier, reference: Reference, photos: Path
) -> None:
    files = sorted(photos.glob("*.jpg"))
    assert files
    for file in files:
        data = file.read_bytes()
        assert_same(classifier.classify(data, "image/jpeg").predictions, reference(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    "size", [(224, 224), (500, 375), (375, 500), (1, 1), (3, 700), (1190, 894)], ids=str
)
def test_generated_images_match_the_reference(
    classifier: Classifier, reference: Reference, kind: str, size: tuple[int, int]
) -> None:
    for seed in range(3):
        data = encode(make_image(seed, size=size), kind)
        found = classifier.classify(data, f"image/{kind.lower()}")
        assert_same(found.predictions, reference(data))


@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_png_modes_match_the_reference(
    classifier: Classifier, reference: Reference, mode: str
) -> None:
    data = encode(make_image(4, mode=mode), "PNG")
    assert_same(classifier.classify(data, "image/png").predictions, reference(data))


def test_progressive_and_grey_jpegs_match_the_reference(
    classifier: Classifier, reference: Reference
) -> None:
    for data in (
        encode(make_image(5), "JPEG", progressive=True),
        encode(make_image(5), "JPEG", subsampling=0),
        encode(make_image(5).convert("L"), "JPEG"),
    ):
        assert_same(classifier.classify(data, "image/jpeg").predictions, reference(data))


def test_batched_inputs_give_the_same_outputs_as_single_inputs(runtime: Runtime) -> None:
    inputs = np.random.default_rng(1).uniform(-1, 1, (5, 224, 224, 3)).astype(np.float32)
    together = runtime.predict(inputs)
    alone = [runtime.predict(inputs[n : n + 1]) for n in range(5)]

    for n, output in enumerate(together):
        assert output.shape == (5, (1000, 1280)[n])
        assert np.allclose(output, np.concatenate([each[n] for each in alone]), atol=1e-4)


def test_runtimes_compute_the_same_embedding(runtime: Runtime, compiled_model: Path) -> None:
    from worker.imaging.decode import decode  # noqa: PLC0415
    from worker.inference.tensors import to_tensor  # noqa: PLC0415
    from worker.model.litert import LiteRTRuntime  # noqa: PLC0415

    pixels = decode(jpeg(6), "image/jpeg", max_pixels=MAX_PIXELS).pixels
    inputs = to_tensor(pixels)[np.newaxis]
    found = runtime.predict(inputs)[1][0]
    expected = LiteRTRuntime(compiled_model).predict(inputs)[1][0]

    assert np.allclose(found, expected, atol=1e-3)


def test_reduced_scale_decoding_keeps_the_best_class(
    classifier: Classifier, reference: Reference, photos: Path
) -> None:
    for file in sorted(photos.glob("*.jpg")):
        with Image.open(file) as photo:
            scale = 2700 / min(photo.size)
            size = (round(photo.width * scale), round(photo.height * scale))
            data = encode(photo.resize(size, Image.Resampling.BICUBIC), "JPEG", quality=90)
        best = classifier.classify(data, "image/jpeg").predictions[0]
        assert best.class_index == reference(data).argmax(), file.name
