"""Search order for weights, and the error if none exist."""

import shutil
from pathlib import Path

import pytest

from core.errors import WeightsNotFoundError
from infra.settings import Settings
from tests.support.paths import DEPLOY
from worker.model.weights import FILE_NAMES, find_weights


def test_configured_file_has_no_fallback(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / FILE_NAMES[0]).touch()
    settings = Settings(data_dir=tmp_path, weights=tmp_path / "mine.h5")

    with pytest.raises(WeightsNotFoundError, match=str(tmp_path)):
        find_weights(settings)
    (tmp_path / "mine.h5").touch()
    assert find_weights(settings) == tmp_path / "mine.h5"


def test_data_directory_has_precedence(tmp_path: Path) -> None:
    weights = tmp_path / "models" / FILE_NAMES[1]
    weights.parent.mkdir()
    weights.touch()

    assert find_weights(Settings(data_dir=tmp_path, weights=None)) == weights


def test_image_without_weights_names_the_build_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O6: the message named a folder and a setting that a container does not have."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("worker.model.weights.CHECKOUT", tmp_path / "a" / "b")
    (tmp_path / "models").mkdir()
    note = DEPLOY / "docker" / "no-weights.txt"
    shutil.copy(note, tmp_path / "models")

    with pytest.raises(WeightsNotFoundError, match="GALLERY_BUILD_WEIGHTS"):
        find_weights(Settings(data_dir=tmp_path, weights=None))
