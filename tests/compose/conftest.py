"""Containers of its own for these tests: built, started, and taken away with their data."""

from collections.abc import Iterator

import pytest

from tests.compose.containers import Containers


@pytest.fixture(scope="session")
def containers() -> Iterator[Containers]:
    containers = Containers()
    containers.compose("build")
    try:
        containers.up(worker=2, api=1)
        yield containers
    finally:
        containers.compose("down", "--volumes")
