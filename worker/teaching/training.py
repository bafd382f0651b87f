"""Train the classifier of a custom tag."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.custom_tags import MIN_POSITIVES, CurvePoint, TrainedState
from worker.teaching.examples import Examples, unit_length
from worker.teaching.logistic import fit, fit_scale, sigmoid
from worker.teaching.precision import (
    Precision,
    choose,
    hidden_chances,
    list_cutoffs,
    out_of_fold_margins,
    split,
)

TARGET_PRECISION = 0.9
# Below this cross-validated precision a tag only suggests.
_WEAK_BELOW = 0.7
# Points of the precision curve, evenly spaced in recall.
_CURVE_POINTS = 10


@dataclass(frozen=True, slots=True)
class Training:
    """A trained classifier. Depends on the examples alone, not on their order.

    Attributes:
        state: `ready`, or `weak` if the precision is below 0.7.
        weights: For embeddings of length 1. Shape (1280,).
        bias: Added to the product of weights and embedding.
        threshold: Score from which images get the tag.
        precision: Cross-validated precision of images above the threshold.
        curve: Other thresholds, strictest first.
    """

    state: TrainedState
    weights: NDArray[np.float32]
    bias: float
    threshold: float
    precision: Precision
    curve: tuple[CurvePoint, ...]

    def score(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the calibrated score (0 to 1) of each embedding.

        Args:
            embeddings: Vectors of any length. Shape (n, 1280).
        """
        return sigmoid(unit_length(list(embeddings)) @ self.weights + self.bias)


def train(examples: Examples, *, target: float = TARGET_PRECISION) -> Training | None:
    """Train a classifier, or return None with fewer than 3 positives or without other images.

    Args:
        examples: Images with, without and with unknown tag.
        target: Precision asked of images above the threshold.
    """
    count = len(examples.positives)
    if count < MIN_POSITIVES or len(examples.vectors) < count + 2:
        return None
    margins = out_of_fold_margins(examples)
    cutoffs = list_cutoffs(examples, margins)
    chosen = choose(cutoffs, target)
    positives, negatives, others = split(examples, margins)
    chances = np.concatenate(
        [np.ones_like(positives), np.zeros_like(negatives), hidden_chances(others)]
    )
    slope, offset = fit_scale(margins, chances)
    weights, bias = fit(examples.vectors, examples.labels)

    def score_of(margin: float) -> float:
        return round(float(sigmoid(np.array(slope * margin + offset))), 4)

    step = max(len(cutoffs) // _CURVE_POINTS, 1)
    return Training(
        state="weak" if chosen.precision.value < _WEAK_BELOW else "ready",
        # Rounded, so that the order in which numpy adds does not show.
        weights=np.round(weights * slope, 4).astype(np.float32),
        bias=round(bias * slope + offset, 4),
        threshold=score_of(chosen.margin),
        precision=chosen.precision,
        curve=tuple(
            CurvePoint(score_of(each.margin), round(each.precision.value, 3), round(each.recall, 3))
            for each in cutoffs[::step]
        ),
    )
