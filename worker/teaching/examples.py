"""Examples of a custom tag, in an order that does not depend on the order of the verdicts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """An image: the SHA-256 of its bytes, and its embedding of any length."""

    sha256: bytes
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Examples:
    """Embeddings of length 1, sorted by SHA-256 within each of three groups.

    Attributes:
        positives: Images with the tag (verdict `confirmed`).
        negatives: Images without the tag (verdict `rejected`).
        others: Random images of the gallery without a verdict. Most of them lack the tag.
        vectors: Embeddings of all three groups, in this order. Shape (n, 1280).
    """

    positives: Sequence[bytes]
    negatives: Sequence[bytes]
    others: Sequence[bytes]
    vectors: Matrix

    @classmethod
    def collect(
        cls,
        positives: Iterable[Example],
        negatives: Iterable[Example],
        others: Iterable[Example],
    ) -> "Examples":
        """Sort and normalise examples. Others with a verdict, and repeated images, are dropped."""
        groups: list[dict[bytes, Example]] = []
        seen: set[bytes] = set()
        for group in (positives, negatives, others):
            unique = {each.sha256: each for each in group if each.sha256 not in seen}
            seen |= unique.keys()
            groups.append(dict(sorted(unique.items())))
        rows = [each.embedding for group in groups for each in group.values()]
        first, second, third = (tuple(group) for group in groups)
        return cls(first, second, third, vectors=unit_length(rows))

    @property
    def labels(self) -> Vector:
        """Return 1 for each positive and 0 for each other row of `vectors`."""
        return (np.arange(len(self.vectors)) < len(self.positives)).astype(np.float64)


def unit_length(rows: Sequence[NDArray[np.float32]]) -> Matrix:
    """Stack vectors and scale each to length 1."""
    matrix = np.array(rows, np.float64).reshape(len(rows), -1)
    lengths: Matrix = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.maximum(lengths, 1e-9)
