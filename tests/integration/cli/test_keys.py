"""`gallery keys`, and the refusal to listen on a network without API keys."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx2

from infra.settings import Settings
from tests.support.factories import execute
from tests.support.paths import ROOT
from tests.support.processes import environment_of, running_stack


def run_keys(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `gallery keys` with these arguments."""
    return run_gallery(settings, "keys", *arguments)


def run_gallery(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `gallery` with these arguments in a narrow terminal."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
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


def test_dates_of_the_list_are_not_broken(settings: Settings) -> None:
    """O7: in a narrow terminal `keys list` broke dates into two lines."""
    run_keys(settings, "create", "a key with a rather long name", "--days", "30")

    listed = run_keys(settings, "list").stdout
    assert len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", listed)) == 2


def test_keys_expire_after_90_days_unless_requested_otherwise(settings: Settings) -> None:
    run_keys(settings, "create", "usual")
    run_keys(settings, "create", "short", "--days", "7")
    run_keys(settings, "create", "endless", "--never")

    rows = execute(
        settings.require_database_url(),
        "SELECT name, extract(day FROM expires_at - created_at)::integer FROM api_keys",
    )
    assert set(rows) == {("usual", 90), ("short", 7), ("endless", None)}


def test_key_is_revoked_by_part_of_its_prefix(settings: Settings) -> None:
    """O7: only the whole prefix was accepted."""
    first = run_keys(settings, "create", "one").stdout.strip()
    second = run_keys(settings, "create", "two").stdout.strip()

    assert run_keys(settings, "revoke", first[:9]).returncode == 0
    assert run_keys(settings, "revoke", second[4:9]).returncode == 0
    ambiguous = run_keys(settings, "revoke", "gal_")
    assert ambiguous.returncode == 1
    assert "too short" in ambiguous.stderr


def test_rotated_key_has_a_successor_and_an_end(settings: Settings) -> None:
    old = run_keys(settings, "create", "laptop", "--scope", "read", "--never").stdout.strip()
    rotated = run_keys(settings, "rotate", old[:12], "--overlap-hours", "48")
    assert rotated.returncode == 0, rotated.stderr

    rows = execute(
        settings.require_database_url(),
        "SELECT name, scopes, extract(day FROM expires_at - created_at)::integer FROM api_keys "
        "ORDER BY expires_at",
    )
    assert rows[0] == ("laptop", ["read"], 2)
    assert rows[1][:2] == ("laptop", ["read"])
    assert rotated.stdout.strip() != old


def test_changes_of_keys_are_listed_by_gallery_audit(settings: Settings) -> None:
    key = run_keys(settings, "create", "laptop").stdout.strip()
    run_keys(settings, "revoke", key[:12])

    lines = run_gallery(settings, "audit", "--event", "key", "--since", "1h").stdout.splitlines()
    assert [line.split()[2:4] for line in lines] == [
        ["key.revoked", "done"],
        ["key.created", "done"],
    ]
    [event] = run_gallery(settings, "audit", "--json", "--limit", "1").stdout.splitlines()
    assert json.loads(event)["details"]["prefix"] == key[:12]
    assert run_gallery(settings, "audit", "--since", "yesterday").returncode == 2


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
