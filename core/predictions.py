"""What a model says about an image."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScoredClass:
    """What the model said: a class and its probability."""

    class_index: int
    score: float


@dataclass(frozen=True, slots=True)
class ScoredTag:
    """A tag that a picture shows (see core/vocabulary/tags.py) and its probability."""

    tag: int
    score: float


@dataclass(frozen=True, slots=True)
class Embedding:
    """What a picture looks like, in full and as a sketch (see sketch.py), as Postgres reads it."""

    full: str
    sketch: str
