"""What a process says that cannot start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings import Settings
from tests.support.paths import ROOT
from tests.support.processes import environment_of


def start(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
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
def test_a_missing_address_is_named(command: tuple[str, ...]) -> None:
    ended = start(*command)

    assert ended.returncode == 1
    assert "GALLERY_DATABASE_URL is not set" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_every_bad_value_is_named_at_once_and_no_secret_is_shown() -> None:
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
    ("settings_of_a_child", "reason"),
    [
        ({"GALLERY_OBJECTS_URL": "ftp://nowhere"}, "GALLERY_OBJECTS_URL must be"),
        ({"GALLERY_TASK_MEMORY": "20EiB"}, "OverflowError"),
    ],
    ids=["a setting", "an error nobody foresaw"],
)
def test_a_worker_whose_process_cannot_start_says_why_and_stops(
    settings: Settings,
    compiled_model: Path,  # noqa: ARG001 (it finds it)
    weights: Path,
    settings_of_a_child: dict[str, str],
    reason: str,
) -> None:
    environment = environment_of(settings, GALLERY_WEIGHTS=str(weights))
    ended = start("worker", **(environment | settings_of_a_child))

    assert "worker cannot start and stops" in ended.stderr
    assert reason in ended.stderr
