"""Summing what the model said up WordNet's tree: "dog" is the sum of 118 breeds."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.predictions import ScoredTag
from core.vocabulary import load_vocabulary
from core.vocabulary.tags import FIRST_CATEGORY
from worker.inference.tensors import Tensor

# A category is kept when the picture shows one with at least a chance of one in ten; below that
# it is noise that nobody would look for. Chosen for storage too: about seven a picture.
MIN_SCORE = 0.1


@cache
def _tree() -> tuple[NDArray[np.intp], NDArray[np.intp], list[int]]:
    """The classes of all categories one after the other, where each begins, and their numbers."""
    categories = load_vocabulary().categories
    classes = np.concatenate([np.array(category.classes, np.intp) for category in categories])
    begins = np.cumsum([0, *(len(category.classes) for category in categories[:-1])], dtype=np.intp)
    return classes, begins, [FIRST_CATEGORY + category.id for category in categories]


def sum_categories(probabilities: Tensor) -> list[ScoredTag]:
    """The categories that a picture shows with their summed probabilities, best first."""
    classes, begins, tags = _tree()
    # 4,000 additions; as a matrix product it would be half a million. Rounding may pass 1.
    sums = np.minimum(np.add.reduceat(probabilities[classes], begins), np.float32(1))
    shown = np.flatnonzero(sums >= MIN_SCORE)
    order = shown[np.argsort(-sums[shown], kind="stable")]
    return [ScoredTag(tags[row], float(sums[row])) for row in order]
