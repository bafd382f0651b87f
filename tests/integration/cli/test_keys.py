"""`gallery keys`, and a service that will not be put on a network without one."""

import subprocess
import sys
from pathlib import Path

import httpx

from infra.settings import Settings
from tests.support.paths import ROOT
from tests.support.processes import environment_of, running_stack


def keys(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "keys", *arguments],
        cwd=ROOT,
        env=environment_of(settings) | {"COLUMNS": "70"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_key_is_shown_once_listed_by_its_beginning_and_ended(settings: Settings) -> None:
    made = keys(settings, "create", "laptop", "--scope", "read", "--days", "30")
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()

    listed = keys(settings, "list").stdout
    assert "laptop" in listed
    assert key[:12] in listed
    assert key not in listed

    assert keys(settings, "revoke", key[:12]).returncode == 0
    assert "revoked" in keys(settings, "list").stdout
    unknown = keys(settings, "revoke", "gal_unheard-of")
    assert unknown.returncode == 1
    assert "There is no key" in unknown.stderr


def test_an_unknown_scope_is_refused(settings: Settings) -> None:
    assert keys(settings, "create", "x", "--scope", "everything").returncode == 2


def test_without_keys_it_does_not_start_for_everybody(settings: Settings) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "api"],
        cwd=ROOT,
        env=environment_of(settings, GALLERY_HOST="0.0.0.0", GALLERY_PORT="8699"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 1
    assert "gallery keys create" in ended.stderr
    assert "GALLERY_ALLOW_OPEN" in ended.stderr


def test_with_a_key_it_starts_for_those_who_have_one(settings: Settings, tmp_path: Path) -> None:
    key = keys(settings, "create", "one").stdout.strip()
    with running_stack(settings, tmp_path, workers=0, GALLERY_HOST="0.0.0.0") as stack:
        address = f"{stack.url}/api/v1/images"
        assert httpx.get(address).status_code == 401
        assert httpx.get(address, headers={"Authorization": f"Bearer {key}"}).is_success
        assert key[12:] not in stack.log("api")
