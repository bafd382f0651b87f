"""The cache of compiled models where TensorFlow is not installed, as with Python 3.14."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from core.errors import ModelError, WeightsNotFoundError
from infra.settings import Settings
from worker.model import cache


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    def version(package: str) -> str:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(cache, "version", version)
    weights = tmp_path / "weights.h5"
    weights.write_bytes(b"weights")
    return Settings(data_dir=tmp_path, weights=weights)


def test_error_names_the_supported_versions_and_the_way_out(settings: Settings) -> None:
    with pytest.raises(ModelError, match=r"Python 3\.11 to 3\.13.*copy data/models/compiled"):
        cache.find_compiled(settings)


def test_model_compiled_elsewhere_is_used(settings: Settings) -> None:
    compiled = settings.data_dir / "models" / "compiled" / "mobilenet_v2-0123456789abcdef.tflite"
    compiled.parent.mkdir(parents=True)
    compiled.touch()

    assert cache.find_compiled(settings) == compiled


def test_no_download_is_attempted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(settings.data_dir))
    monkeypatch.setattr("worker.model.weights.CHECKOUT", settings.data_dir / "a" / "b")
    without = settings.model_copy(update={"weights": None})

    with pytest.raises(WeightsNotFoundError, match=r"^No MobileNetV2 weights in [^;]*$"):
        cache.find_compiled(without)
