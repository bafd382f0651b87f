"""Text form of vectors for Postgres."""

import numpy as np
from numpy.typing import NDArray


def write_vector(vector: NDArray[np.float32]) -> str:
    """Return a vector, scaled by 1,000 and rounded to integers, as text like `[12,0,7]`.

    Integers are faster to format than floats. Cosine distances do not depend on the scale, and
    the type `halfvec` stores about three digits in any case.
    """
    return str(np.rint(vector * 1000).astype(np.int32).tolist())
