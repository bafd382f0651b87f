"""The service's answers beside those of the reference pipeline, run with Keras."""

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

# TensorFlow's own imports warn of what only its authors can change.
pytestmark = pytest.mark.filterwarnings("ignore")

MAX_PIXELS = 50_000_000
Reference = Callable[[bytes], np.ndarray[Any, np.dtype[np.float32]]]


@pytest.fixture(scope="module")
def reference(weights: Path) -> Reference:
    """The demo's pipeline in its own words: all 1,000 probabilities of a file."""
    import keras  # noqa: PLC0415 (seconds; only these tests)

    model = keras.applications.MobileNetV2(weights=str(weights))

    def classify(data: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
        pixels = np.array(Image.open(BytesIO(data)).convert("RGB"))
        inputs = cv2.resize(pixels, (224, 224)).astype(np.float32)
        inputs = keras.applications.mobilenet_v2.preprocess_input(inputs)
        return np.asarray(model(inputs[np.newaxis], training=False))[0]

    return classify


@pytest.fixture(scope="module", params=["litert", "tensorflow"])
def runtime(request: pytest.FixtureRequest, weights: Path, compiled_model: Path) -> Runtime:
    """Each of the runtimes, past its check."""
    return load_runtime(
        Settings(runtime=request.param, weights=weights, data_dir=compiled_model.parents[2])
    )


@pytest.fixture(scope="module")
def classifier(runtime: Runtime) -> Classifier:
    return Classifier(runtime, max_pixels=MAX_PIXELS)


def assert_same(predictions: list[ScoredClass], wanted: np.ndarray) -> None:
    """The same five classes with the same scores, to a thousandth."""
    for found, best in zip(predictions, np.sort(wanted)[::-1], strict=False):
        assert found.score == pytest.approx(best, abs=1e-3)
        # Which class it is may differ only among equals.
        assert wanted[found.class_index] == pytest.approx(best, abs=1e-3)
    assert len({each.class_index for each in predictions}) == 5


def test_photographs(classifier: Classifier, reference: Reference, photos: Path) -> None:
    files = sorted(photos.glob("*.jpg"))
    assert files
    for file in files:
        data = file.read_bytes()
        assert_same(classifier.classify(data, "image/jpeg").predictions, reference(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    "size", [(224, 224), (500, 375), (375, 500), (1, 1), (3, 700), (1190, 894)], ids=str
)
def test_generated_pictures(
    classifier: Classifier, reference: Reference, kind: str, size: tuple[int, int]
) -> None:
    for seed in range(3):
        data = encode(make_image(seed, size=size), kind)
        found = classifier.classify(data, f"image/{kind.lower()}")
        assert_same(found.predictions, reference(data))


@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_modes_the_reference_reads_too(
    classifier: Classifier, reference: Reference, mode: str
) -> None:
    data = encode(make_image(4, mode=mode), "PNG")
    assert_same(classifier.classify(data, "image/png").predictions, reference(data))


def test_progressive_and_grey_jpegs(classifier: Classifier, reference: Reference) -> None:
    for data in (
        encode(make_image(5), "JPEG", progressive=True),
        encode(make_image(5), "JPEG", subsampling=0),
        encode(make_image(5).convert("L"), "JPEG"),
    ):
        assert_same(classifier.classify(data, "image/jpeg").predictions, reference(data))


def test_a_batch_answers_as_its_pictures_do_one_by_one(runtime: Runtime) -> None:
    inputs = np.random.default_rng(1).uniform(-1, 1, (5, 224, 224, 3)).astype(np.float32)
    together = runtime.predict(inputs)
    alone = [runtime.predict(inputs[n : n + 1]) for n in range(5)]

    for n, output in enumerate(together):
        assert output.shape == (5, (1000, 1280)[n])
        assert np.allclose(output, np.concatenate([each[n] for each in alone]), atol=1e-4)


def test_runtimes_agree_on_what_a_picture_looks_like(
    runtime: Runtime, compiled_model: Path
) -> None:
    from worker.imaging.decode import decode  # noqa: PLC0415
    from worker.inference.tensors import to_tensor  # noqa: PLC0415
    from worker.model.litert import LiteRTRuntime  # noqa: PLC0415

    pixels = decode(jpeg(6), "image/jpeg", max_pixels=MAX_PIXELS).pixels
    inputs = to_tensor(pixels)[np.newaxis]
    found = runtime.predict(inputs)[1][0]
    wanted = LiteRTRuntime(compiled_model).predict(inputs)[1][0]

    assert np.allclose(found, wanted, atol=1e-3)


def test_large_photographs_keep_their_best_class_at_reduced_scale(
    classifier: Classifier, reference: Reference, photos: Path
) -> None:
    for file in sorted(photos.glob("*.jpg")):
        with Image.open(file) as photo:
            scale = 2700 / min(photo.size)
            size = (round(photo.width * scale), round(photo.height * scale))
            data = encode(photo.resize(size, Image.Resampling.BICUBIC), "JPEG", quality=90)
        best = classifier.classify(data, "image/jpeg").predictions[0]
        assert best.class_index == reference(data).argmax(), file.name
