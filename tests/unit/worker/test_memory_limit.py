"""A picture's memory is limited, whatever limits the process was started under."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits are set on Linux only")

LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_DATA, (2**32, {hard}))
from worker.memory_limit import limit_memory
limit_memory({extra})
print(*resource.getrlimit(resource.RLIMIT_DATA))
"""


def limits(*, hard: int, extra: int) -> list[int]:
    code = LIMITED.format(hard=hard, extra=extra)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return [int(each) for each in ended.stdout.split()]


def test_an_administrators_limit_is_kept() -> None:
    assert limits(hard=2**32, extra=2**40) == [2**32, 2**32]


def test_without_one_the_picture_is_limited() -> None:
    soft, hard = limits(hard=-1, extra=2**30)

    assert 2**30 < soft < 2**32
    assert hard == -1
