"""Summing what the model said up WordNet's tree: "dog" is the sum of 118 breeds."""

from functools import cache

import numpy as np

from infra.database.work import ScoredTag
from infra.vocabulary import load_vocabulary
from infra.vocabulary.tags import FIRST_CATEGORY
from worker.classify import Tensor

# A category is kept when the picture shows one with at least a chance of one in ten; below that
# it is noise that nobody would look for. Chosen for storage too: about seven a picture.
LEAST_SCORE = 0.1


@cache
def _tree() -> tuple[Tensor, list[int]]:
    """A matrix (categories, 1000) of ones where a class belongs, and the rows' tag numbers."""
    categories = load_vocabulary().categories
    matrix = np.zeros((len(categories), FIRST_CATEGORY), np.float32)
    for row, category in enumerate(categories):
        matrix[row, list(category.classes)] = 1
    return matrix, [FIRST_CATEGORY + category.id for category in categories]


def sum_categories(probabilities: Tensor) -> list[ScoredTag]:
    """The categories that a picture shows with their summed probabilities, best first."""
    matrix, tags = _tree()
    # Rounding may lift a sum of probabilities above 1.
    sums = np.minimum(matrix @ probabilities, np.float32(1))
    shown = np.flatnonzero(sums >= LEAST_SCORE)
    order = shown[np.argsort(-sums[shown], kind="stable")]
    return [ScoredTag(tags[row], float(sums[row])) for row in order]
