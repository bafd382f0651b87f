"""Memory limit of a worker process, so that a large image fails alone."""

import resource
from contextlib import suppress
from pathlib import Path

_KIB = 1024


def limit_memory(extra_bytes: int) -> None:
    """Limit private memory to the present size plus `extra_bytes`.

    Beyond the limit an allocation raises MemoryError, which fails one image. Without the limit the
    kernel's OOM killer would end some process of the machine. RLIMIT_DATA counts private memory
    only, so that the memory-mapped model and libraries are exempt. Linux only; no-op elsewhere.
    """
    used = _private_bytes()
    if used is None:
        return
    _, hard_limit = resource.getrlimit(resource.RLIMIT_DATA)  # the hard limit may be lower
    limit = used + extra_bytes
    if hard_limit != resource.RLIM_INFINITY:
        limit = min(limit, hard_limit)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard_limit))


def raise_oom_score() -> None:
    """Make the kernel's OOM killer prefer this process to its parent."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


def _private_bytes() -> int | None:
    path = Path("/proc/self/status")
    if not path.exists():
        return None
    lines = dict(line.split(":", 1) for line in path.read_text().splitlines())
    return int(lines["VmData"].split()[0]) * _KIB
