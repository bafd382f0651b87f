"""What an API process loads at start."""

import json
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

# Loaded where tables are made: together 80 MB and a second of CPU time.
ON_DEMAND = ["numpy", "pandas", "pyarrow"]


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    code = "import json, sys, api.__main__; print(json.dumps(list(sys.modules)))"
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(ended.stdout))


@pytest.mark.parametrize("name", ON_DEMAND)
def test_table_libraries_are_not_loaded_at_start(loaded: set[str], name: str) -> None:
    assert name not in loaded
