"""A sign of life for whoever looks after the process: a file, dated anew with every heartbeat.

`infra/docker/alive.sh` looks at it. To ask Postgres instead takes a Python of its own: a second of
a core that the worker has other uses for, every time.
"""

from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

SIGN = Path(gettempdir()) / "gallery-worker-alive"


def give_sign() -> None:
    """Say that a worker process of this machine (or container) has just been heard by Postgres."""
    with suppress(OSError):
        SIGN.touch()
