"""Sum class probabilities over WordNet categories: "dog" is the sum of 118 breeds."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.predictions import ScoredTag
from core.vocabulary import load_vocabulary
from core.vocabulary.tags import FIRST_CATEGORY
from worker.inference.tensors import Tensor

# Smallest summed probability that is stored. Lower sums are noise; with 0.1 an image has seven
# categories on average, which bounds the table size.
MIN_SCORE = 0.1


@cache
def _category_index() -> tuple[NDArray[np.intp], NDArray[np.intp], list[int]]:
    """Return the class indexes of all categories, concatenated; each category's start; tag ids."""
    categories = load_vocabulary().categories
    classes = np.concatenate([np.array(category.classes, np.intp) for category in categories])
    starts = np.cumsum([0, *(len(category.classes) for category in categories[:-1])], dtype=np.intp)
    return classes, starts, [FIRST_CATEGORY + category.id for category in categories]


def sum_categories(probabilities: Tensor) -> list[ScoredTag]:
    """Return the categories with a summed probability of at least MIN_SCORE, best first.

    Args:
        probabilities: Class probabilities of one image, shape (1000,).
    """
    classes, starts, tags = _category_index()
    # 4,000 additions instead of the 500,000 of a matrix product. Rounding may exceed 1.
    sums = np.minimum(np.add.reduceat(probabilities[classes], starts), np.float32(1))
    kept = np.flatnonzero(sums >= MIN_SCORE)
    order = kept[np.argsort(-sums[kept], kind="stable")]
    return [ScoredTag(tags[row], float(sums[row])) for row in order]
