"""A stack of its own for these tests: built, started, and taken away with its data."""

import os
from collections.abc import Iterator

import pytest
from stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    stack = Stack(port=int(os.environ.get("GALLERY_PORT", "8200")))
    stack.compose("build")
    try:
        stack.up(worker=2, api=1)
        yield stack
    finally:
        stack.compose("down", "--volumes")
