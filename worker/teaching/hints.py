"""Hints about the examples of a custom tag: nearly identical or contradicting images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.teaching.examples import Examples
from worker.teaching.precision import bulk, out_of_fold_margins, split

# Cosine similarity from which two images count as nearly identical.
NEARLY_IDENTICAL = 0.9
# Positives from which an example can contradict the others.
_MIN_FOR_CONTRADICTION = 5
# In widths of the distribution of random images.
_LIKE_ANY_IMAGE = 0.5
_UNLIKE_ANY_IMAGE = 2.0


@dataclass(frozen=True, slots=True)
class Hints:
    """SHA-256 hashes of examples that deserve a second look.

    Attributes:
        similar: Groups of positives that are nearly identical; one image of each would do.
        contradicting: Positives unlike the other positives, and negatives like them.
    """

    similar: Sequence[Sequence[bytes]]
    contradicting: Sequence[bytes]


def find_hints(examples: Examples) -> Hints:
    """Return hints about the examples; they do not change the training."""
    return Hints(similar=_similar(examples), contradicting=_contradicting(examples))


def _similar(examples: Examples) -> list[tuple[bytes, ...]]:
    count = len(examples.positives)
    alike = examples.vectors[:count] @ examples.vectors[:count].T >= NEARLY_IDENTICAL
    group = np.arange(count)
    for row in range(count):  # the smallest index of each connected component
        joined = np.isin(group, group[alike[row]])
        group[joined] = group[joined].min()
    members = (_select(examples.positives, group == each) for each in np.unique(group))
    return [each for each in members if len(each) > 1]


def _contradicting(examples: Examples) -> list[bytes]:
    count = len(examples.positives)
    if count < _MIN_FOR_CONTRADICTION or len(examples.vectors) < count + 2:
        return []
    positives, negatives, others = split(examples, out_of_fold_margins(examples))
    centre, width = bulk(others)
    typical = float(np.median(positives))
    if typical < centre + _UNLIKE_ANY_IMAGE * width:
        return []  # the positives have too little in common to judge one of them
    unlike = _select(examples.positives, positives < centre + _LIKE_ANY_IMAGE * width)
    return [*unlike, *_select(examples.negatives, negatives > typical)]


def _select(hashes: Sequence[bytes], mask: NDArray[np.bool_]) -> tuple[bytes, ...]:
    return tuple(each for each, is_selected in zip(hashes, mask, strict=True) if is_selected)
