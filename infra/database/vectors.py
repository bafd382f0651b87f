"""Vectors as Postgres reads them."""

import numpy as np
from numpy.typing import NDArray


def write_vector(vector: NDArray[np.float32]) -> str:
    """A vector as Postgres reads it, a thousand times as long: whole numbers are quick to write.

    Angles are the same, and halves, which have three digits, hold them as well.
    """
    return str(np.rint(vector * 1000).astype(np.int32).tolist())
