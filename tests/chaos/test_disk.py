"""Full disk under the object directory: uploads are refused until space is available."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.environment import Environment, open_environment
from tests.chaos.load import Load, distinct_image
from tests.chaos.oracle import check


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of one megabyte."""
    folder = tmp_path / "service" / "objects"
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a file system requires root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def environment(small_disk: Path, compiled_model: Path, weights: Path) -> Iterator[Environment]:
    data_dir = compiled_model.parents[2]
    with open_environment(
        small_disk.parent, data_dir=data_dir, weights=weights, s3=None
    ) as environment:
        yield environment


def test_uploads_succeed_after_space_becomes_available(
    environment: Environment, small_disk: Path
) -> None:
    load = Load(environment.stack.url)
    load.start([distinct_image() for _ in range(120)])
    deadline = time.monotonic() + 60
    while not load.responses[503] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert load.responses[503]
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    load.finish()
    check(environment, load)
