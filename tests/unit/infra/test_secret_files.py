"""Settings read from secret files."""

from pathlib import Path

import pytest

from infra.settings import Settings


def test_setting_is_read_from_secret_file(tmp_path: Path) -> None:
    (tmp_path / "gallery_database_url").write_text("postgresql://gallery:secret@postgres/gallery\n")

    settings = Settings(_secrets_dir=tmp_path)

    assert settings.require_database_url() == "postgresql://gallery:secret@postgres/gallery"


def test_environment_overrides_secret_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gallery_redis_url").write_text("redis://from-a-file:6379/0")
    monkeypatch.setenv("GALLERY_REDIS_URL", "redis://from-the-environment:6379/0")

    settings = Settings(_secrets_dir=tmp_path)

    assert settings.require_redis_url() == "redis://from-the-environment:6379/0"
