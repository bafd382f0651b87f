"""Mutated image files and random bytes are classified or refused, without any other error."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.judge import outcome_of
from tests.support.images import encode, make_image

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF", "TIFF", "BMP")
SEEDS = {kind: encode(make_image(5, size=(24, 18)), kind) for kind in KINDS}

Edits = list[tuple[float, bytes, int]]
edits = st.lists(
    st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 8)), min_size=1, max_size=6
)


def mutate(data: bytes, changes: Edits) -> bytes:
    """Replace bytes: each edit is (position from 0 to 1, new bytes, number of bytes removed)."""
    changed = bytearray(data)
    for place, new, removed in changes:
        at = int(place * len(changed))
        changed[at : at + removed] = new
    return bytes(changed)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(changes=edits)
def test_mutated_file_is_classified_or_refused(kind: str, changes: Edits) -> None:
    assert outcome_of(mutate(SEEDS[kind], changes))


@settings(deadline=None, max_examples=200)
@given(data=st.binary(max_size=200))
def test_random_bytes_are_classified_or_refused(data: bytes) -> None:
    assert outcome_of(data)


def test_seed_files_are_classified() -> None:
    assert {outcome_of(data) for data in SEEDS.values()} == {"tags"}
