"""Short vectors that stand for long ones: 1,280 numbers, each with a sign, added up in 256 places.

Angles survive it nearly: a count sketch (Charikar, Chen and Farach-Colton, 2002), as good as a
dense random projection and 256 times less work. The signs come from SHA-256, and not from numpy's
generators, whose streams may change between versions: sketches are stored for good.
"""

import hashlib
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

LONG = 1280
SHORT = 256


def sketch_of(embedding: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sketch of an embedding, of length 16, so that its numbers lie about 1."""
    short = (embedding * _signs()).reshape(-1, SHORT).sum(axis=0)
    return cast("NDArray[np.float32]", short * (16 / max(float(np.linalg.norm(short)), 1e-6)))


@cache
def _signs() -> NDArray[np.float32]:
    digests = [
        hashlib.sha256(f"sketch {block}".encode()).digest() for block in range(LONG // SHORT)
    ]
    bits = np.unpackbits(np.frombuffer(b"".join(digests), np.uint8))
    return bits.astype(np.float32) * 2 - 1
