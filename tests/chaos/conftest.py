"""One service for the whole run of faults; each test puts right what it broke."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.environment import Environment, open_environment
from tests.support.s3_server import find_s3_program


@pytest.fixture(scope="session")
def environment(
    request: pytest.FixtureRequest, compiled_model: Path, weights: Path, session_dir: Path
) -> Iterator[Environment]:
    """A service on an S3 server where there is one, else on a local directory."""
    s3 = request.getfixturevalue("s3_server") if find_s3_program() else None
    data_dir = compiled_model.parents[2]
    with open_environment(
        session_dir / "house", data_dir=data_dir, weights=weights, s3=s3
    ) as environment:
        yield environment


@pytest.fixture(scope="session")
def uploads() -> int:
    """How many uploads are under way while a fault is caused."""
    return 60 if is_short() else 500


def is_short() -> bool:
    """Whether `CHAOS=short` asks for fewer faults and uploads."""
    return os.environ.get("CHAOS") == "short"
