"""Sums of class probabilities over categories."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vocabulary import load_vocabulary
from core.vocabulary.tags import FIRST_CATEGORY, load_tags
from worker.inference.categories import MIN_SCORE, sum_categories

DOGS = next(each for each in load_vocabulary().categories if each.name == "dog").classes


def scores_by_label(probabilities: np.ndarray) -> dict[str, float]:
    return {load_tags()[each.tag].label: each.score for each in sum_categories(probabilities)}


def test_many_improbable_breeds_sum_to_a_probable_dog() -> None:
    probabilities = np.zeros(1000, np.float32)
    probabilities[list(DOGS)] = 0.93 / len(DOGS)

    found = scores_by_label(probabilities)

    assert found["dog"] == pytest.approx(0.93, abs=1e-5)
    assert found["mammal"] == pytest.approx(0.93, abs=1e-5)
    assert "vehicle" not in found


@given(st.dictionaries(st.integers(0, 999), st.integers(1, 1000), min_size=1))
def test_sums_equal_the_reference_sums(weights: dict[int, int]) -> None:
    probabilities = np.zeros(1000, np.float32)
    probabilities[list(weights)] = list(weights.values())
    probabilities /= probabilities.sum()

    found = {each.tag: each.score for each in sum_categories(probabilities)}

    for category in load_vocabulary().categories:
        # Reference in double precision.
        expected = sum(float(probabilities[index]) for index in category.classes)
        if abs(expected - MIN_SCORE) > 1e-5:
            assert (FIRST_CATEGORY + category.id in found) == (expected > MIN_SCORE)
        if FIRST_CATEGORY + category.id in found:
            assert found[FIRST_CATEGORY + category.id] == pytest.approx(expected, abs=1e-5)
    assert list(found.values()) == sorted(found.values(), reverse=True)
