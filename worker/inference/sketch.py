"""Count sketches of embeddings: 1,280 numbers, each with a random sign, summed into 256.

A count sketch (Charikar, Chen and Farach-Colton, 2002) preserves angles approximately, as well as a
dense random projection with 1/256 of the work. The signs derive from SHA-256 because stored
sketches must stay comparable, and the streams of numpy's generators may change between versions.
"""

import hashlib
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

LONG = 1280
SHORT = 256


def sketch_of(embedding: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sketch of an embedding.

    Args:
        embedding: Vector of shape (1280,).

    Returns:
        Vector of shape (256,) and Euclidean norm 16, so that its components are about 1.
    """
    short = (embedding * _signs()).reshape(-1, SHORT).sum(axis=0)
    return cast("NDArray[np.float32]", short * (16 / max(float(np.linalg.norm(short)), 1e-6)))


@cache
def _signs() -> NDArray[np.float32]:
    digests = [
        hashlib.sha256(f"sketch {block}".encode()).digest() for block in range(LONG // SHORT)
    ]
    bits = np.unpackbits(np.frombuffer(b"".join(digests), np.uint8))
    return bits.astype(np.float32) * 2 - 1
