"""Train classifiers of custom tags from examples. Pure functions on embeddings."""

from worker.teaching.examples import Example, Examples
from worker.teaching.hints import Hints, find_hints
from worker.teaching.training import Training, train

__all__ = [
    "Example",
    "Examples",
    "Hints",
    "Training",
    "find_hints",
    "train",
]
