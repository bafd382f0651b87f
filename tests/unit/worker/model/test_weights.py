"""Search order for weights, and the error if none exist."""

from pathlib import Path

import pytest

from core.errors import WeightsNotFoundError
from infra.settings import Settings
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
