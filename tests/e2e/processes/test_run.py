"""`gallery run`: start, stop, kill and restart on one data directory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import psutil
import pytest

from tests.support.images import jpeg
from tests.support.paths import ROOT
from tests.support.processes import until
from tests.support.s3_server import free_port


class Run:
    """Process of `gallery run` on a data directory."""

    def __init__(self, data: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        environment = os.environ | {
            "GALLERY_DATA_DIR": str(data),
            "GALLERY_PORT": str(port),
            "GALLERY_WEIGHTS": str(data / "none"),
            "GALLERY_WORKERS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "run"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for_address(self) -> str:
        """Return the output up to the last line of the banner, once the gallery is ready."""
        assert self.process.stdout is not None
        output = ""
        for line in self.process.stdout:
            output += line
            if line.startswith("  Stop:"):
                break
        return output

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, how: signal.Signals) -> list[psutil.Process]:
        """Send a signal, wait for the exit, and return the children that still run after 30 s."""
        children = self.children()
        self.process.send_signal(how)
        self.process.wait(timeout=60)
        return psutil.wait_procs(children, timeout=30)[1]

    def close(self) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def data() -> Iterator[Path]:
    # As root, Postgres runs as another user, which has no access to pytest's folder.
    with TemporaryDirectory(prefix="gallery-run-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name
)
def test_ended_run_leaves_no_process_and_the_next_run_has_its_data(
    data: Path, how: signal.Signals
) -> None:
    first = Run(data, free_port())
    try:
        assert first.url in first.wait_for_address()
        sent = httpx2.post(f"{first.url}/api/v1/jobs", files={"files": ("a.jpg", jpeg(1))})
        assert sent.status_code == 202
        assert {"postgres", "valkey-server"} <= {child.name() for child in first.children()}
        assert first.end(how) == []
    finally:
        first.close()

    # After a power failure, a stale pid file may name a running process.
    (data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    second = Run(data, free_port())
    try:
        second.wait_for_address()
        job = httpx2.get(f"{second.url}/api/v1/jobs/{sent.json()['id']}").json()
        assert job["counts"]["queued"] == 1
        assert second.end(signal.SIGTERM) == []
        assert second.process.returncode == 0
    finally:
        second.close()


def test_start_prints_progress_and_one_banner(data: Path) -> None:
    run = Run(data, free_port())
    try:
        lines = run.wait_for_address().splitlines()
        assert run.end(signal.SIGTERM) == []
        assert run.process.stdout is not None
        lines += run.process.stdout.read().splitlines()
    finally:
        run.close()

    begin = lines.index(f"The gallery is at {run.url}")
    assert all(line.endswith(" ...") for line in lines[:begin] if line)
    facts = dict(line.strip().split(": ", 1) for line in lines[begin + 1 :] if line[:2] == "  ")
    assert [*facts] == ["Data", "Workers", "Model", "API keys", "Logs", "Stop"]
    assert facts["Data"].strip() == str(data)
    assert f"No MobileNetV2 weights in {data}" in facts["Model"]
    assert "GALLERY_WEIGHTS" in facts["Model"]
    assert facts["API keys"].startswith("not required")
    assert [line for line in lines[begin + 1 :] if line and line[:2] != "  "] == ["Stopping ..."]


def test_killed_servers_are_restarted(data: Path) -> None:
    run = Run(data, free_port())
    try:
        run.wait_for_address()
        for name in ("valkey-server", "postgres"):
            next(child for child in run.children() if child.name() == name).kill()

        def accepts_uploads() -> bool:
            try:
                sent = httpx2.post(f"{run.url}/api/v1/jobs", files={"files": ("a.jpg", jpeg(1))})
            except httpx2.TransportError:
                return False
            return sent.status_code == 202

        until(accepts_uploads, seconds=60, what="an accepted upload")
        assert run.end(signal.SIGTERM) == []
    finally:
        run.close()


def test_port_in_use_is_reported(data: Path) -> None:
    run = Run(data, free_port())
    try:
        run.wait_for_address()
        port = run.url.rsplit(":", 1)[1]
        other = subprocess.run(
            [sys.executable, "-m", "cli", "run"],
            cwd=ROOT,
            env=os.environ | {"GALLERY_DATA_DIR": f"{data}-2", "GALLERY_PORT": port},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert other.returncode == 1
        assert f"Port {port}" in other.stderr
        assert "Traceback" not in other.stderr
    finally:
        run.close()
