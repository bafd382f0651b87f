"""Where weights are looked for, and what is said when there are none."""

from pathlib import Path

import pytest

from core.errors import WeightsNotFoundError
from infra.settings import Settings
from worker.model.weights import FILE_NAMES, find_weights


def test_a_named_file_is_the_only_one_that_counts(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / FILE_NAMES[0]).touch()
    settings = Settings(data_dir=tmp_path, weights=tmp_path / "mine.h5")

    with pytest.raises(WeightsNotFoundError, match=str(tmp_path)):
        find_weights(settings)
    (tmp_path / "mine.h5").touch()
    assert find_weights(settings) == tmp_path / "mine.h5"


def test_the_data_directory_comes_before_everything_else(tmp_path: Path) -> None:
    weights = tmp_path / "models" / FILE_NAMES[1]
    weights.parent.mkdir()
    weights.touch()

    assert find_weights(Settings(data_dir=tmp_path, weights=None)) == weights
