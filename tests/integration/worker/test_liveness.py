"""What Docker and Kubernetes ask a worker's container: is anybody in there?"""

import os
import subprocess
import time
from pathlib import Path

import pytest

from infra.settings import Settings
from tests.support.paths import ROOT
from tests.support.processes import until
from worker import liveness
from worker.heartbeat import Heartbeat


def looks_alive(folder: Path) -> bool:
    script = ROOT / "infra" / "deploy" / "docker" / "liveness.sh"
    environment = os.environ | {"TMPDIR": str(folder)}
    return subprocess.run(["sh", script], env=environment, check=False).returncode == 0


def test_a_heartbeat_is_a_sign_until_it_is_old(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = tmp_path / liveness.LIVENESS_FILE.name
    monkeypatch.setattr(liveness, "LIVENESS_FILE", sign)
    assert not looks_alive(tmp_path)

    heartbeat = Heartbeat(settings.require_database_url())
    heartbeat.start()
    try:
        until(sign.exists, seconds=10, what="a heartbeat")
        assert looks_alive(tmp_path)
    finally:
        heartbeat.stop()
    os.utime(sign, (time.time() - 60,) * 2)
    assert not looks_alive(tmp_path)


def test_without_postgres_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "LIVENESS_FILE", tmp_path / liveness.LIVENESS_FILE.name)
    heartbeat = Heartbeat("postgresql://nobody@127.0.0.1:1/none")
    heartbeat.start()
    time.sleep(0.5)
    heartbeat.stop()

    assert not looks_alive(tmp_path)
