"""A liveness file: touched with every heartbeat, checked by container health probes.

The probe (`infra/deploy/docker/liveness.sh`) reads the age of the file. A probe that asked Postgres
would start a Python interpreter, a second of processor time for every check.
"""

from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

LIVENESS_FILE = Path(gettempdir()) / "gallery-worker-alive"


def touch_liveness_file() -> None:
    """Say that a worker process of this machine (or container) has just been heard by Postgres."""
    with suppress(OSError):
        LIVENESS_FILE.touch()
