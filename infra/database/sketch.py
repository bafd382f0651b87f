"""Short vectors that stand for long ones: a fixed random projection of 1,280 numbers to 256.

Angles survive it nearly (Johnson and Lindenstrauss, 1984), and comparing costs a fifth. Without
numpy's generators, whose streams may change between versions, the matrix is the same for ever.
"""

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

LONG = 1280
SHORT = 256


def sketch_of(embeddings: Sequence[Sequence[float]]) -> list[str]:
    """The sketches of some embeddings, as Postgres writes vectors."""
    short = np.asarray(embeddings, np.float32) @ _matrix()
    # Of one length, so that numbers lie about 1 and halves hold them well.
    lengths = np.linalg.norm(short, axis=1, keepdims=True)
    return [write_vector(each) for each in short * 16 / np.maximum(lengths, 1e-6)]


def write_vector(vector: NDArray[np.float32]) -> str:
    """A vector as Postgres reads it, a thousand times as long: whole numbers are quick to write.

    Angles are the same, and halves, which have three digits, hold them as well.
    """
    return str(np.rint(vector * 1000).astype(np.int32).tolist())


@cache
def _matrix() -> NDArray[np.float32]:
    """Signs, from SHA-256: 1,280 rows of 256 bits."""
    rows = [hashlib.sha256(f"sketch {row}".encode()).digest() for row in range(LONG)]
    bits = np.unpackbits(np.frombuffer(b"".join(rows), np.uint8)).reshape(LONG, SHORT)
    signs: NDArray[np.float32] = bits.astype(np.float32) * 2 - 1
    return signs / np.float32(np.sqrt(SHORT))
