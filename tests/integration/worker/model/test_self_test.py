"""A worker refuses a model that would answer wrongly without an error."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from infra.settings import Settings
from worker.inference.tensors import Tensor
from worker.model.cache import compile_again
from worker.model.litert import LiteRTRuntime
from worker.model.runtime import load_runtime
from worker.model.self_test import expected_path, run_self_test


class Spoilt:
    """The real model behind a mistake in what it is given."""

    name = "spoilt"

    def __init__(self, model: Path, mistake: Callable[[Tensor], Tensor]) -> None:
        self._model = LiteRTRuntime(model)
        self._mistake = mistake

    def predict(self, tensors: Tensor) -> tuple[Tensor, Tensor]:
        return self._model.predict(np.ascontiguousarray(self._mistake(tensors), np.float32))


def test_the_compiled_model_passes(compiled_model: Path) -> None:
    run_self_test(LiteRTRuntime(compiled_model), expected_path(compiled_model))


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(lambda tensors: tensors[..., ::-1], id="blue before red"),
        pytest.param(lambda tensors: (tensors + 1) / 2, id="scaled from 0 to 1"),
        pytest.param(lambda tensors: (tensors + 1) * 127.5, id="not scaled"),
        pytest.param(lambda tensors: tensors.swapaxes(1, 2), id="rows for columns"),
        pytest.param(lambda tensors: tensors[:, ::-1], id="upside down"),
        pytest.param(lambda tensors: tensors * 0, id="black"),
    ],
)
def test_a_mistake_is_found(compiled_model: Path, mistake: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(ModelError, match="spoilt"):
        run_self_test(Spoilt(compiled_model, mistake), expected_path(compiled_model))


def test_a_model_without_its_expected_answer_is_refused(compiled_model: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        run_self_test(LiteRTRuntime(compiled_model), compiled_model.with_name("none.json"))


def test_expected_is_what_keras_said(compiled_model: Path) -> None:
    best = json.loads(expected_path(compiled_model).read_text())

    assert len(best) == 5
    assert [score for _, score in best] == sorted((score for _, score in best), reverse=True)


def test_int8_passes_the_check_and_agrees_on_most_pictures(
    weights: Path, compiled_model: Path
) -> None:
    folder = compiled_model.parents[2]
    exact = load_runtime(Settings(weights=weights, data_dir=folder))
    quick = load_runtime(Settings(weights=weights, data_dir=folder, precision="int8"))

    assert (exact.name, quick.name.startswith("mobilenet_v2_int8-")) == (compiled_model.stem, True)
    noise = np.random.default_rng(2)
    for _ in range(10):
        inputs = noise.uniform(-1, 1, (1, 224, 224, 3)).astype(np.float32)
        assert np.abs(quick.predict(inputs)[0] - exact.predict(inputs)[0]).max() < 0.2


@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.99])
def test_half_a_compiled_model_is_made_anew(
    weights: Path,
    compiled_model: Path,
    tmp_path: Path,
    part: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings(weights=weights, data_dir=tmp_path)
    whole = compiled_model.read_bytes()

    def write(_weights: Path, compiled: Path, _precision: str) -> None:
        unfinished = compiled.with_suffix(".new")
        unfinished.write_bytes(whole)
        unfinished.replace(compiled)

    monkeypatch.setattr("worker.model.cache._compile", write)
    broken = tmp_path / "models" / "compiled" / compiled_model.name
    broken.parent.mkdir(parents=True)
    broken.write_bytes(whole[: int(len(whole) * part)])
    expected_path(broken).write_bytes(expected_path(compiled_model).read_bytes())

    assert load_runtime(settings).name == compiled_model.stem
    assert broken.read_bytes() == whole


def test_half_a_model_without_weights_says_what_is_wrong(
    compiled_model: Path, tmp_path: Path
) -> None:
    broken = tmp_path / compiled_model.name
    broken.write_bytes(compiled_model.read_bytes()[:1000])

    with pytest.raises(ModelError, match="cannot be loaded, nor made anew"):
        compile_again(Settings(weights=tmp_path / "none.h5"), broken)
