"""Self-test of compiled models, and recompilation of damaged ones."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from infra.settings import Settings
from worker.inference.tensors import Tensor
from worker.model.cache import compile_again, compile_weights
from worker.model.litert import LiteRTRuntime
from worker.model.runtime import load_runtime
from worker.model.self_test import expected_path, run_self_test


class MisusedRuntime:
    """Real runtime with a preprocessing mistake applied to its inputs."""

    name = "misused"

    def __init__(self, model: Path, mistake: Callable[[Tensor], Tensor]) -> None:
        self._model = LiteRTRuntime(model)
        self._mistake = mistake

    def predict(self, tensors: Tensor) -> tuple[Tensor, Tensor]:
        return self._model.predict(np.ascontiguousarray(self._mistake(tensors), np.float32))


def test_compiled_model_passes(compiled_model: Path) -> None:
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
def test_preprocessing_mistake_is_detected(
    compiled_model: Path, mistake: Callable[[Tensor], Tensor]
) -> None:
    with pytest.raises(ModelError, match="misused failed its self-test"):
        run_self_test(MisusedRuntime(compiled_model, mistake), expected_path(compiled_model))


def test_model_without_expected_scores_is_refused(compiled_model: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        run_self_test(LiteRTRuntime(compiled_model), compiled_model.with_name("none.json"))


def test_expected_scores_are_the_five_best_of_keras(compiled_model: Path) -> None:
    best = json.loads(expected_path(compiled_model).read_text())

    assert len(best) == 5
    assert [score for _, score in best] == sorted((score for _, score in best), reverse=True)


def test_int8_passes_the_self_test_and_agrees_with_float32(
    weights: Path, compiled_model: Path
) -> None:
    folder = compiled_model.parents[2]
    float32 = load_runtime(Settings(weights=weights, data_dir=folder))
    int8 = load_runtime(Settings(weights=weights, data_dir=folder, precision="int8"))

    assert (float32.name, int8.name.startswith("mobilenet_v2_int8-")) == (compiled_model.stem, True)
    noise = np.random.default_rng(2)
    for _ in range(10):
        inputs = noise.uniform(-1, 1, (1, 224, 224, 3)).astype(np.float32)
        assert np.abs(int8.predict(inputs)[0] - float32.predict(inputs)[0]).max() < 0.2


@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.99])
def test_truncated_compiled_model_is_recompiled(
    weights: Path,
    compiled_model: Path,
    tmp_path: Path,
    part: float,
) -> None:
    settings = Settings(weights=weights, data_dir=tmp_path)
    intact = compiled_model.read_bytes()

    def write(_weights: Path, compiled: Path, _precision: str) -> None:
        unfinished = compiled.with_suffix(".new")
        unfinished.write_bytes(intact)
        unfinished.replace(compiled)

    broken = tmp_path / "models" / "compiled" / compiled_model.name
    broken.parent.mkdir(parents=True)
    broken.write_bytes(intact[: int(len(intact) * part)])
    expected_path(broken).write_bytes(expected_path(compiled_model).read_bytes())

    assert load_runtime(settings, compiler=write).name == compiled_model.stem
    assert broken.read_bytes() == intact


def test_truncated_model_without_weights_raises(compiled_model: Path, tmp_path: Path) -> None:
    broken = tmp_path / compiled_model.name
    broken.write_bytes(compiled_model.read_bytes()[:1000])

    with pytest.raises(ModelError, match="cannot be loaded or recompiled"):
        compile_again(Settings(weights=tmp_path / "none.h5"), broken, compile_weights)
