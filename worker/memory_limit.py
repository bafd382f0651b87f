"""What one picture may take: memory beyond what the process has when it is warm."""

import resource
from contextlib import suppress
from pathlib import Path

_KIB = 1024


def limit_memory(extra_bytes: int) -> None:
    """Let allocations fail past the present size and so many bytes more.

    A failed allocation is an error about one picture; without the limit the kernel would end some
    process on the machine instead. Counts private memory (RLIMIT_DATA), so that a model mapped
    from a file and libraries cost nothing. Linux only; elsewhere nothing is limited.
    """
    used = _private_bytes()
    if used is not None:
        _, most = resource.getrlimit(resource.RLIMIT_DATA)  # whoever started us may allow less
        limit = used + extra_bytes
        if most != resource.RLIM_INFINITY:
            limit = min(limit, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


def raise_oom_score() -> None:
    """Where memory runs out all the same, have the kernel take this process, not its parent."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


def _private_bytes() -> int | None:
    path = Path("/proc/self/status")
    if not path.exists():
        return None
    lines = dict(line.split(":", 1) for line in path.read_text().splitlines())
    return int(lines["VmData"].split()[0]) * _KIB
