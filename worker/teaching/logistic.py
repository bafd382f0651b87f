"""Logistic regression for few examples in many dimensions, with numpy alone.

The weights are a linear combination of the examples, so Newton's method solves n equations for n
examples instead of 1,280. scikit-learn gives the same weights (docs/explanation/custom-tags.md),
but importing it takes 1.8 s and 165 MB in each worker process.
"""

import numpy as np

from worker.teaching.examples import Matrix, Vector

# Inverse strength of the L2 penalty on the weights; on unit vectors.
COST = 10.0

_MAX_STEPS = 50
_TOLERANCE = 1e-9


def fit(vectors: Matrix, labels: Vector) -> tuple[Vector, float]:
    """Return the weights and the bias that minimise the regularised log loss.

    The penalty applies to the weights, not to the bias. Both classes must be present.

    Args:
        vectors: One row per example.
        labels: 1 or 0 for each row.
    """
    count = len(vectors)
    products = vectors @ vectors.T
    system = np.ones((count + 1, count + 1))
    system[count, count] = 0
    shares, bias = np.zeros(count), 0.0
    for _ in range(_MAX_STEPS):
        margins = products @ shares + bias
        chances = sigmoid(margins)
        curvature = np.maximum(chances * (1 - chances), 1e-9)
        # One Newton step is a weighted least-squares fit of these targets.
        targets = margins + (labels - chances) / curvature
        system[:count, :count] = products
        system[np.diag_indices(count)] += 1 / (COST * curvature)
        solution = np.linalg.solve(system, np.append(targets, 0))
        change = np.abs(solution[:count] - shares).max()
        shares, bias = solution[:count], float(solution[count])
        if change < _TOLERANCE:
            break
    return vectors.T @ shares, bias


def fit_scale(margins: Vector, chances: Vector) -> tuple[float, float]:
    """Return the slope and offset that turn margins into probabilities (Platt scaling).

    Args:
        margins: Margin of each example, from a classifier that was not trained on it.
        chances: Probability that the example has the tag: 1, 0 or between.
    """
    positive = chances.sum()
    # Platt's targets, which keep the scores below 1 when examples are few.
    high = (positive + 1) / (positive + 2)
    low = 1 / (len(chances) - positive + 2)
    targets = low + chances * (high - low)
    design = np.column_stack([margins, np.ones_like(margins)])
    scale = np.array([1.0, 0.0])
    penalty = np.diag([1e-3, 1e-6])
    for _ in range(_MAX_STEPS):
        found = sigmoid(design @ scale)
        curvature = found * (1 - found) + 1e-9
        gradient = design.T @ (found - targets) + penalty @ scale
        step = np.linalg.solve((design.T * curvature) @ design + penalty, gradient)
        step *= min(1.0, 10 / max(float(np.abs(step).max()), 1e-9))
        scale = scale - step
        if float(np.abs(step).max()) < _TOLERANCE:
            break
    return max(float(scale[0]), 1e-3), float(scale[1])


def sigmoid(margins: Vector) -> Vector:
    """Return the probability for each margin."""
    chances: Vector = 1 / (1 + np.exp(-np.clip(margins, -40, 40)))
    return chances
