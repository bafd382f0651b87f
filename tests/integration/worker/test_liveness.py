"""Liveness probe of the worker's container: the file and the script that checks its age."""

import os
import subprocess
import time
from pathlib import Path

from infra.settings import Settings
from tests.support.paths import DEPLOY
from tests.support.processes import until
from worker.heartbeat import Heartbeat
from worker.liveness import LIVENESS_FILE


def probe_succeeds(folder: Path) -> bool:
    """Run the probe with `folder` as its temporary directory."""
    command: list[str | Path] = ["sh", DEPLOY / "docker" / "liveness.sh"]
    environment = os.environ | {"TMPDIR": str(folder)}
    return subprocess.run(command, env=environment, check=False).returncode == 0


def test_probe_fails_when_the_last_heartbeat_is_old(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / LIVENESS_FILE.name
    assert not probe_succeeds(tmp_path)

    heartbeat = Heartbeat(settings.require_database_url(), liveness_file=file)
    heartbeat.start()
    try:
        until(file.exists, seconds=10, what="a heartbeat")
        assert probe_succeeds(tmp_path)
    finally:
        heartbeat.stop()
    os.utime(file, (time.time() - 60,) * 2)
    assert not probe_succeeds(tmp_path)


def test_probe_fails_without_postgres(tmp_path: Path) -> None:
    heartbeat = Heartbeat(
        "postgresql://gallery@127.0.0.1:1/none", liveness_file=tmp_path / LIVENESS_FILE.name
    )
    heartbeat.start()
    time.sleep(0.5)
    heartbeat.stop()

    assert not probe_succeeds(tmp_path)
