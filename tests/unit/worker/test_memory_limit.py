"""Memory limit of a worker process, with and without a hard limit set by the administrator."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the memory limit is implemented for Linux only"
)

LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_DATA, (2**32, {hard}))
from worker.memory_limit import limit_memory
limit_memory({extra})
print(*resource.getrlimit(resource.RLIMIT_DATA))
"""


def limits(*, hard: int, extra: int) -> list[int]:
    """Return the soft and hard limit, in bytes, that a process has after `limit_memory(extra)`."""
    code = LIMITED.format(hard=hard, extra=extra)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return [int(each) for each in ended.stdout.split()]


def test_hard_limit_is_not_exceeded() -> None:
    assert limits(hard=2**32, extra=2**40) == [2**32, 2**32]


def test_soft_limit_is_set_without_a_hard_limit() -> None:
    soft, hard = limits(hard=-1, extra=2**30)

    assert 2**30 < soft < 2**32
    assert hard == -1
