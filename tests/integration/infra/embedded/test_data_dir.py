"""Permissions of the data directory (S6)."""

import stat
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from infra.embedded.data_dir import hold


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_data_directory_is_private(tmp_path: Path) -> None:
    before = mode_of(tmp_path)
    with hold(tmp_path / "data") as folder:
        assert mode_of(folder.root) == 0o700
    assert mode_of(tmp_path) == before


def test_files_of_an_earlier_version_become_private(tmp_path: Path) -> None:
    root = tmp_path / "data"
    original = root / "objects" / "ab" / "original"
    original.parent.mkdir(parents=True)
    original.write_bytes(b"image")
    outside = tmp_path / "weights.h5"
    outside.write_bytes(b"weights")
    (root / "weights.h5").symlink_to(outside)
    for path in (root, root / "objects", original.parent):
        path.chmod(0o755)
    original.chmod(0o644)
    outside.chmod(0o644)

    with hold(root):
        modes = [mode_of(each) for each in (root, root / "objects", original.parent, original)]
        assert modes == [0o700, 0o700, 0o700, 0o600]
    assert mode_of(outside) == 0o644


def test_shared_directory_is_refused_and_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, home = tmp_path / "shared", tmp_path / "home"
    for path in (shared, home):
        path.mkdir()
    shared.chmod(0o1777)
    home.chmod(0o755)
    monkeypatch.setenv("HOME", str(home))
    for path in (shared, home, tmp_path):
        before = mode_of(path)
        with pytest.raises(ConfigurationError, match="GALLERY_DATA_DIR"), hold(path):
            pass
        assert mode_of(path) == before
