"""Results of classifying one image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScoredClass:
    """ImageNet class (index 0 to 999) with the model's probability (0 to 1)."""

    class_index: int
    score: float


@dataclass(frozen=True, slots=True)
class ScoredTag:
    """Tag number (see `core.vocabulary.tags`) with its probability (0 to 1)."""

    tag: int
    score: float


@dataclass(frozen=True, slots=True)
class Embedding:
    """Feature vector of an image as Postgres `halfvec` literals.

    Attributes:
        full: The complete vector, 1,280 dimensions.
        sketch: The random projection of the vector that the index holds, 256 dimensions.
    """

    full: str
    sketch: str


def ranked_tags(tags: Sequence[int], scores: Sequence[float]) -> Iterator[tuple[int, float]]:
    """Return the tags of an image with their scores, best first.

    Args:
        tags: Tag numbers as stored, in ascending order of their scores.
        scores: Score of each tag.
    """
    return zip(reversed(tags), reversed(scores), strict=True)
