"""Measure precision on held-out photographs.

Of each kind half of the photographs are the gallery in which a tag is taught, the other half are
held out. The random other images of the training are the rest of the gallery, so that they include
photographs that have the tag without a verdict, as in a real gallery.

Precision is measured among the best `DEPTH` of the held-out photographs, 30 % of those that show
the kind. This is the depth of "the 20 best" of 713 photographs with 71 of each kind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from tests.perf.teach.photos import Photo
from worker.teaching import Example, Examples, Training, train

DRAWS = 4
DEPTH = 6
ROUND = 10  # verdicts between two trainings

Order = Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.intp]]
"""Function that returns undecided images in the order in which they are suggested."""


def likely(scores: NDArray[np.float64], _: np.random.Generator) -> NDArray[np.intp]:
    """Order the highest scores first."""
    return np.argsort(-scores, kind="stable")


def doubtful(scores: NDArray[np.float64], _: np.random.Generator) -> NDArray[np.intp]:
    """Order the scores nearest to 1/2 first."""
    return np.argsort(np.abs(scores - 0.5), kind="stable")


def at_random(scores: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.intp]:
    """Ignore the scores."""
    return random.permutation(len(scores))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one taught tag on the held-out photographs.

    Attributes:
        best: Precision of the best DEPTH.
        average: Average precision.
        stated: Cross-validated precision above the threshold.
        true: Precision above the threshold, or None if no photograph is above it.
        recall: Share of the photographs of the kind that are above the threshold.
    """

    best: float
    average: float
    stated: float
    true: float | None
    recall: float


@dataclass(frozen=True, slots=True)
class Row:
    """Means over all kinds and draws."""

    best: float
    average: float
    stated: float
    true: float
    recall: float


def measure(
    photos: Sequence[Photo], positives: int, *, verdicts: int = 0, order: Order = likely
) -> Row:
    """Teach each kind from some positives and some verdicts on suggested images.

    Args:
        photos: All photographs.
        positives: Number of positives at the start.
        verdicts: Number of verdicts after the start, ten at a time.
        order: Which images get a verdict.
    """
    outcomes = [
        _Lesson(photos, kind, draw, positives).teach(verdicts, order)
        for draw in range(DRAWS)
        for kind in sorted({photo.kind for photo in photos})
    ]
    with_tag = [each for each in outcomes if each.true is not None]
    return Row(
        best=fmean(each.best for each in outcomes),
        average=fmean(each.average for each in outcomes),
        stated=fmean(each.stated for each in with_tag),
        true=fmean(each.true or 0.0 for each in with_tag),
        recall=fmean(each.recall for each in outcomes),
    )


class _Lesson:
    """A kind taught from a number of positives."""

    def __init__(self, photos: Sequence[Photo], kind: str, draw: int, positives: int) -> None:
        kinds = sorted({each.kind for each in photos})
        self._kind = kind
        self._random = np.random.default_rng([draw, kinds.index(kind)])
        gallery, self._held_out = _halve(photos, self._random)
        showing = [each for each in gallery if each.kind == kind]
        self._confirmed = [each.example for each in showing[:positives]]
        self._rejected: list[Example] = []
        self._undecided = showing[positives:] + [each for each in gallery if each.kind != kind]

    def teach(self, verdicts: int, order: Order) -> Outcome:
        """Train, give ten verdicts on suggestions, train again, and judge the last training."""
        for _ in range(verdicts // ROUND):
            self._decide(order(self._scores(self._train(), self._undecided), self._random)[:ROUND])
        return self._judge(self._train())

    def _train(self) -> Training:
        others = (each.example for each in self._undecided)
        training = train(Examples.collect(self._confirmed, self._rejected, others))
        assert training is not None
        return training

    def _scores(self, training: Training, photos: Sequence[Photo]) -> NDArray[np.float64]:
        return training.score(np.array([each.example.embedding for each in photos]))

    def _decide(self, indexes: NDArray[np.intp]) -> None:
        chosen = set(indexes.tolist())
        for index in chosen:
            photo = self._undecided[index]
            (self._confirmed if photo.kind == self._kind else self._rejected).append(photo.example)
        self._undecided = [each for i, each in enumerate(self._undecided) if i not in chosen]

    def _judge(self, training: Training) -> Outcome:
        scores = self._scores(training, self._held_out)
        shows = np.array([each.kind == self._kind for each in self._held_out])
        ranked = shows[np.argsort(-scores, kind="stable")]
        above = scores >= training.threshold
        precision_at = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
        return Outcome(
            best=float(ranked[:DEPTH].mean()),
            average=float(precision_at[ranked].mean()),
            stated=training.precision.value,
            true=float(shows[above].mean()) if above.any() else None,
            recall=float((above & shows).sum() / shows.sum()),
        )


def _halve(photos: Sequence[Photo], random: np.random.Generator) -> tuple[list[Photo], list[Photo]]:
    halves: tuple[list[Photo], list[Photo]] = ([], [])
    for kind in sorted({each.kind for each in photos}):
        of_kind = [each for each in photos if each.kind == kind]
        for rank, index in enumerate(random.permutation(len(of_kind))):
            halves[rank % 2].append(of_kind[index])
    return halves
