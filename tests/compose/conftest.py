"""Build and start the containers of a compose project for these tests, and remove them after."""

from collections.abc import Iterator

import pytest

from tests.compose.containers import Containers


@pytest.fixture(scope="session")
def containers() -> Iterator[Containers]:
    """The running service with two workers and one API replica."""
    containers = Containers()
    containers.compose("build")
    try:
        containers.up(worker=2, api=1)
        yield containers
    finally:
        containers.compose("down", "--volumes")
