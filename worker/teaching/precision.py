"""Cross-validated precision of a custom tag, and the threshold for the precision asked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worker.teaching.examples import Examples, Vector
from worker.teaching.logistic import fit

FOLDS = 5
# A threshold counts only if at least so many known positives are above it.
MIN_SUPPORT = 3

_Z = 1.96  # 95 %
_ONE_SIGMA = 0.841  # quantile of a normal distribution


@dataclass(frozen=True, slots=True)
class Precision:
    """Share of images above a threshold that have the tag, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CutOff:
    """A possible threshold.

    Attributes:
        margin: Images with at least this margin get the tag.
        precision: Share of them that have it.
        recall: Share of the known positives at or above it.
    """

    margin: float
    precision: Precision
    recall: float


def out_of_fold_margins(examples: Examples) -> Vector:
    """Return the margin of each example from a classifier that was trained without it."""
    labels = examples.labels
    count = len(examples.positives)
    folds = min(FOLDS, count)
    ranks = np.arange(len(labels))
    fold = np.where(labels > 0, ranks, ranks - count) % folds
    margins = np.empty(len(labels))
    for number in range(folds):
        kept = fold != number
        weights, bias = fit(examples.vectors[kept], labels[kept])
        margins[~kept] = examples.vectors[~kept] @ weights + bias
    return margins


def list_cutoffs(examples: Examples, margins: Vector) -> list[CutOff]:
    """Return the cut-offs at each margin, strictest first.

    Random other images are not all wrong: some have the tag, which nobody has confirmed yet.
    The number of wrong ones above a margin follows from the normal distribution that fits the
    bulk of the others; the excess above it counts as right.

    Args:
        examples: The examples.
        margins: Out-of-fold margin of each example.
    """
    positives, negatives, others = split(examples, margins)
    found = []
    for margin in np.unique(margins)[::-1]:
        right = int((positives >= margin).sum())
        if right < min(MIN_SUPPORT, len(positives)):
            continue
        wrong = int((negatives >= margin).sum())
        unknown = int((others >= margin).sum())
        hidden = max(unknown - len(others) * _tail(others, float(margin)), 0.0)
        found.append(
            CutOff(
                margin=float(margin),
                precision=wilson(right + hidden, right + wrong + unknown),
                recall=right / len(positives),
            )
        )
    return found


def choose(cutoffs: Sequence[CutOff], target: float) -> CutOff:
    """Return the cut-off with the most images at the precision asked, else the most precise one."""
    fitting = [each for each in cutoffs if each.precision.value >= target]
    if fitting:
        return fitting[-1]
    return max(reversed(cutoffs), key=lambda each: each.precision.value)


def split(examples: Examples, margins: Vector) -> tuple[Vector, Vector, Vector]:
    """Return the margins of positives, negatives and others."""
    first = len(examples.positives)
    second = first + len(examples.negatives)
    return margins[:first], margins[first:second], margins[second:]


def hidden_chances(others: Vector) -> Vector:
    """Return the probability of each random other image to have the tag."""
    above = np.array([(others >= each).sum() for each in others])
    expected = np.array([len(others) * _tail(others, float(each)) for each in others])
    chances: Vector = np.maximum(1 - expected / np.maximum(above, 1), 0)
    return chances


def bulk(others: Vector) -> tuple[float, float]:
    """Return centre and width of the bulk of the random other images, robust to outliers."""
    if not len(others):
        return 0.0, 1.0
    centre = float(np.median(others))
    return centre, max(float(np.quantile(others, _ONE_SIGMA)) - centre, 1e-3)


def wilson(right: float, count: float) -> Precision:
    """Return a proportion with its Wilson interval; the value is pulled slightly towards 1/2."""
    squared = _Z * _Z
    share = right / count if count else 0.5
    middle = (share * count + squared / 2) / (count + squared)
    half = _Z * math.sqrt(share * (1 - share) * count + squared / 4) / (count + squared)
    value = (right + 0.5) / (count + 1)
    return Precision(value, max(0.0, middle - half), min(1.0, middle + half))


def _tail(others: Vector, margin: float) -> float:
    centre, width = bulk(others)
    return 0.5 * math.erfc((margin - centre) / width / math.sqrt(2))
