"""One service for all fault tests; each test reverts its fault."""

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
    """Run the service on an S3 server if one is installed, else on a local directory."""
    s3 = request.getfixturevalue("s3_server") if find_s3_program() else None
    data_dir = compiled_model.parents[2]
    with open_environment(
        session_dir / "chaos", data_dir=data_dir, weights=weights, s3=s3
    ) as environment:
        yield environment


@pytest.fixture(scope="session")
def uploads() -> int:
    """Return the number of images that are uploaded during a fault."""
    return 60 if is_short() else 500


def is_short() -> bool:
    """Return whether `CHAOS=short` selects fewer faults and uploads."""
    return os.environ.get("CHAOS") == "short"
