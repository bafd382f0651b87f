"""Liveness file for container probes: touched after every successful heartbeat.

The probe, `infra/deploy/docker/liveness.sh`, checks the age of the file. A probe that queries
Postgres would start a Python interpreter: one second of CPU time per check.
"""

from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

LIVENESS_FILE = Path(gettempdir()) / "gallery-worker-alive"


def touch_liveness_file(path: Path = LIVENESS_FILE) -> None:
    """Set the modification time of the file to now. File system errors are ignored."""
    with suppress(OSError):
        path.touch()
