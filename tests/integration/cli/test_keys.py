"""`gallery keys`, and the refusal to listen on a network without API keys."""

import subprocess
import sys
from pathlib import Path

import httpx2

from infra.settings import Settings
from tests.support.paths import ROOT
from tests.support.processes import environment_of, running_stack


def run_keys(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `gallery keys` with these arguments."""
    return subprocess.run(
        [sys.executable, "-m", "cli", "keys", *arguments],
        cwd=ROOT,
        env=environment_of(settings) | {"COLUMNS": "70"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_key_is_printed_once_listed_by_prefix_and_revoked(settings: Settings) -> None:
    created = run_keys(settings, "create", "laptop", "--scope", "read", "--days", "30")
    assert created.returncode == 0, created.stderr
    key = created.stdout.strip()

    listed = run_keys(settings, "list").stdout
    assert "laptop" in listed
    assert key[:12] in listed
    assert key not in listed

    assert run_keys(settings, "revoke", key[:12]).returncode == 0
    assert "revoked" in run_keys(settings, "list").stdout


def test_revoking_an_unknown_key_fails(settings: Settings) -> None:
    ended = run_keys(settings, "revoke", "gal_unknown1")

    assert ended.returncode == 1
    assert "gal_unknown1" in ended.stderr


def test_unknown_scope_is_refused(settings: Settings) -> None:
    assert run_keys(settings, "create", "x", "--scope", "everything").returncode == 2


def test_api_without_keys_refuses_to_listen_on_a_network(settings: Settings) -> None:
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


def test_api_with_a_key_listens_on_a_network_and_requires_it(
    settings: Settings, tmp_path: Path
) -> None:
    key = run_keys(settings, "create", "one").stdout.strip()
    with running_stack(settings, tmp_path, workers=0, GALLERY_HOST="0.0.0.0") as stack:
        url = f"{stack.url}/api/v1/images"
        assert httpx2.get(url).status_code == 401
        assert httpx2.get(url, headers={"Authorization": f"Bearer {key}"}).is_success
        assert key[12:] not in stack.log("api")
