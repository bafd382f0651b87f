"""Classifier of a custom tag, as stored, exported and imported."""

from base64 import b64decode
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Literal, Self, get_args

TrainedState = Literal["ready", "weak"]
CustomTagState = Literal["collecting", "training", "ready", "weak"]
"""State of a custom tag. Depends on its examples alone.

| state | meaning |
| --- | --- |
| `collecting` | Fewer than three images are confirmed. |
| `training` | The first training has not finished yet. |
| `ready` | Images above the threshold get the tag. |
| `weak` | The precision is below 0.7: the tag only suggests. |
"""

WEIGHTS = 1280
"""Number of weights: one per dimension of an embedding."""

MIN_POSITIVES = 3
"""Number of confirmed images from which a tag is trained."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Cross-validated precision and recall at a threshold."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class TagClassifier:
    """Trained classifier.

    Attributes:
        state: `ready` or `weak`.
        model: Version of the model whose embeddings it scores.
        weights: 1,280 little-endian 32-bit floats in base64, for embeddings of length 1.
        bias: Added to the product; the logistic function of the sum is the calibrated score.
        threshold: Score for the precision asked.
        precision: Cross-validated precision above the threshold, and its 95 % interval.
        curve: Other thresholds, strictest first.
        similar: Groups of nearly identical positives, by hexadecimal SHA-256.
        contradicting: Examples unlike the others, by hexadecimal SHA-256.
        imported: Whether it was trained in another gallery.
    """

    state: TrainedState
    model: str
    weights: str
    bias: float
    threshold: float
    precision: tuple[float, float, float]
    curve: tuple[CurvePoint, ...]
    similar: tuple[tuple[str, ...], ...] = ()
    contradicting: tuple[str, ...] = ()
    imported: bool = False

    def check(self) -> None:
        """Check the fields of an imported classifier.

        Raises:
            ValueError: A field has an invalid value.
        """
        if len(b64decode(self.weights, validate=True)) != WEIGHTS * 4:
            raise ValueError("the weights have the wrong length")
        if self.state not in get_args(TrainedState) or not 0 <= self.threshold <= 1:
            raise ValueError("state or threshold is invalid")
        if not all(isfinite(each) for each in (self.bias, *self.precision)):
            raise ValueError("a number is not finite")

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Return the classifier that `to_json` described."""
        value, low, high = fields["precision"]
        return cls(
            **{
                **fields,
                "curve": tuple(CurvePoint(**each) for each in fields["curve"]),
                "precision": (value, low, high),
                "similar": tuple(map(tuple, fields["similar"])),
                "contradicting": tuple(fields["contradicting"]),
            }
        )
