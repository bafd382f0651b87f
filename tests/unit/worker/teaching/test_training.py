"""Training depends on the examples alone, and its statements about itself hold."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.teaching import Example, Examples, Training, find_hints, train
from worker.teaching.logistic import fit
from worker.teaching.precision import wilson

SIDE = 40
RANDOM = np.random.default_rng(3)
TAG = RANDOM.normal(size=SIDE)


def examples(count: int, *, strength: float, seed: int) -> list[Example]:
    """Random images; `strength` is how much of the tag's direction each contains."""
    random = np.random.default_rng([seed, round(strength * 10)])
    vectors = random.normal(size=(count, SIDE)) + strength * TAG
    return [
        Example(random.bytes(32), np.asarray(vector, np.float32) * np.float32(random.uniform(1, 9)))
        for vector in vectors
    ]


def trained(*groups: Sequence[Example]) -> Training:
    training = train(Examples.collect(*groups))
    assert training is not None
    return training


POSITIVES = examples(12, strength=1, seed=1)
NEGATIVES = examples(8, strength=0.3, seed=2)
OTHERS = examples(100, strength=0, seed=3)


@settings(deadline=None, max_examples=10)
@given(st.randoms(use_true_random=False))
def test_order_of_examples_does_not_change_a_byte(random: Random) -> None:
    def shuffled(group: Sequence[Example]) -> list[Example]:
        return random.sample(list(group), len(group))

    first = trained(POSITIVES, NEGATIVES, OTHERS)
    again = trained(shuffled(POSITIVES), shuffled(NEGATIVES), shuffled(OTHERS))

    assert again.weights.tobytes() == first.weights.tobytes()
    assert (again.bias, again.threshold, again.precision, again.curve, again.state) == (
        first.bias,
        first.threshold,
        first.precision,
        first.curve,
        first.state,
    )


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_positives_are_not_trained(count: int) -> None:
    assert train(Examples.collect(POSITIVES[:count], NEGATIVES, OTHERS)) is None


def test_positives_without_other_images_are_not_trained() -> None:
    assert train(Examples.collect(POSITIVES, [], [])) is None


def test_clear_tag_is_ready_and_precise_on_new_images() -> None:
    training = trained(POSITIVES, NEGATIVES, OTHERS)
    with_tag = np.array([each.embedding for each in examples(200, strength=1, seed=11)])
    without = np.array([each.embedding for each in examples(200, strength=0, seed=12)])

    right = int((training.score(with_tag) >= training.threshold).sum())
    wrong = int((training.score(without) >= training.threshold).sum())

    assert training.state == "ready"
    assert training.precision.low <= training.precision.value <= training.precision.high
    assert right > 100
    assert right / (right + wrong) >= 0.8


def test_images_without_anything_in_common_make_a_weak_tag() -> None:
    rejected = examples(60, strength=0, seed=22)

    assert trained(examples(6, strength=0, seed=21), rejected, OTHERS).state == "weak"


def test_unconfirmed_images_with_the_tag_do_not_count_as_mistakes() -> None:
    hidden = examples(6, strength=1, seed=31)

    assert trained(POSITIVES, [], [*OTHERS, *hidden]).precision.value > 0.8


def test_higher_precision_asked_gives_a_higher_threshold() -> None:
    groups = Examples.collect(
        examples(12, strength=0.5, seed=41), examples(12, strength=0.4, seed=42), OTHERS
    )
    thresholds = [each.threshold for each in map_targets(groups, (0.5, 0.7, 0.9))]

    assert thresholds == sorted(thresholds)


def map_targets(groups: Examples, targets: Sequence[float]) -> list[Training]:
    found = [train(groups, target=target) for target in targets]
    assert all(found)
    return [each for each in found if each]


def test_curve_begins_with_the_strictest_threshold() -> None:
    curve = trained(POSITIVES, NEGATIVES, OTHERS).curve

    assert [each.threshold for each in curve] == sorted(
        (each.threshold for each in curve), reverse=True
    )
    assert [each.recall for each in curve] == sorted(each.recall for each in curve)


def test_verdict_on_a_random_image_removes_it_from_the_random_images() -> None:
    collected = Examples.collect(POSITIVES, NEGATIVES, [*OTHERS, POSITIVES[0], NEGATIVES[0]])

    assert len(collected.others) == len(OTHERS)


def test_fitted_weights_have_no_gradient() -> None:
    """The optimum of the regularised log loss: its gradient is zero."""
    groups = Examples.collect(POSITIVES, NEGATIVES, OTHERS)

    weights, bias = fit(groups.vectors, groups.labels)

    chances = 1 / (1 + np.exp(-(groups.vectors @ weights + bias)))
    gradient = weights + 10 * groups.vectors.T @ (chances - groups.labels)
    assert np.abs(gradient).max() < 1e-6
    assert abs((chances - groups.labels).sum()) < 1e-6


def test_interval_of_few_verdicts_is_wide() -> None:
    few, many = wilson(3, 3), wilson(300, 300)

    assert few.low < 0.5
    assert many.low > 0.95
    assert few.value < 0.9


def test_nearly_identical_positives_are_reported_together() -> None:
    copy = Example(bytes(32), POSITIVES[0].embedding + np.float32(0.01))
    hints = find_hints(Examples.collect([*POSITIVES, copy], NEGATIVES, OTHERS))

    assert [set(group) for group in hints.similar] == [{copy.sha256, POSITIVES[0].sha256}]


def test_positive_unlike_the_rest_is_reported() -> None:
    odd = Example(bytes(32), np.asarray(-TAG, np.float32))
    hints = find_hints(Examples.collect([*POSITIVES, odd], NEGATIVES, OTHERS))

    assert hints.contradicting == [odd.sha256]


def test_rejected_image_like_the_positives_is_reported() -> None:
    twin = Example(bytes(32), np.asarray(2 * TAG, np.float32))
    hints = find_hints(Examples.collect(POSITIVES, [*NEGATIVES, twin], OTHERS))

    assert hints.contradicting == [twin.sha256]


def test_consistent_examples_give_no_hints() -> None:
    hints = find_hints(Examples.collect(POSITIVES, NEGATIVES, OTHERS))

    assert not hints.similar
    assert not hints.contradicting
