"""Error messages of processes that cannot start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings import Settings
from tests.support.paths import ROOT
from tests.support.processes import environment_of


def start(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ARGUMENTS` with only these settings."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GALLERY_")}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("command", [("api",), ("worker",), ("cli", "migrate")], ids=" ".join)
def test_missing_database_url_is_reported(command: tuple[str, ...]) -> None:
    ended = start(*command)

    assert ended.returncode == 1
    assert "GALLERY_DATABASE_URL is not set" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_all_invalid_settings_are_reported_without_secrets() -> None:
    ended = start(
        "api",
        GALLERY_PORT="many",
        GALLERY_MAX_PIXELS="-1",
        GALLERY_DATABASE_URL="postgres://u:hush@h",
    )

    assert ended.returncode == 1
    assert "GALLERY_PORT" in ended.stderr
    assert "GALLERY_MAX_PIXELS" in ended.stderr
    assert "hush" not in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("process_settings", "reason"),
    [
        ({"GALLERY_OBJECTS_URL": "ftp://nowhere"}, "GALLERY_OBJECTS_URL must be"),
        ({"GALLERY_TASK_MEMORY": "20EiB"}, "OverflowError"),
    ],
    ids=["invalid setting", "unexpected error"],
)
def test_worker_logs_the_reason_and_exits_if_its_process_cannot_start(
    settings: Settings,
    compiled_model: Path,  # noqa: ARG001 (found in the data directory)
    weights: Path,
    process_settings: dict[str, str],
    reason: str,
) -> None:
    environment = environment_of(settings, GALLERY_WEIGHTS=str(weights))
    ended = start("worker", **(environment | process_settings))

    assert "worker.start_failed" in ended.stderr
    assert reason in ended.stderr
