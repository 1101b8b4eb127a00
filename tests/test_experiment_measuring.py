"""Accuracies are counts, and equality of logits is equality."""

from __future__ import annotations

import numpy as np
import pytest
from experiment_nets import planned

from experiments.paper.measuring import as_floats, curve, equal_logits, logits, rectified, right
from experiments.paper.pruning import without
from lumpver.exact.array import array


def features(count: int = 30, *, seed: int = 1) -> np.ndarray:
    """Random non-negative float32 features, some of them 0."""
    random = np.random.default_rng(seed)
    return np.maximum(random.normal(size=(count, 3)), 0).astype(np.float32)


LABELS = np.random.default_rng(2).integers(0, 2, 30)


@pytest.mark.parametrize("family", ["same", "mixed", "signed"])
def test_a_curve_is_what_pruned_heads_answer(family: str) -> None:
    """Each count is that of the head with so many nodes pruned."""
    made, head = planned(family, 3)
    found = curve(head, made, features(), LABELS)
    assert len(found.right) == len(found.changed) == len(made.combined) + 1
    for count, answers in enumerate(found.right):
        smaller = without(head, made.combined[:count])
        exact = logits(smaller, features())
        best = [max(range(2), key=row.__getitem__) for row in exact.tolist()]
        assert answers == sum(a == b for a, b in zip(best, LABELS.tolist(), strict=True))
    assert found.right[0] == right(head, features(), LABELS)
    assert found.changed[0] == 0


def test_same_sign_answers_never_change() -> None:
    """No answer changes, and no logit does."""
    made, head = planned("same", 4)
    assert set(curve(head, made, features(), LABELS).changed) == {0}
    assert equal_logits(head, made, features()) == 30


@pytest.mark.parametrize("family", ["mixed", "signed"])
def test_other_logits_change(family: str) -> None:
    """Some logits stay, as where all features are 0 nothing need change; not all do."""
    made, head = planned(family, 3)
    assert equal_logits(head, made, features()) < 30


def test_logits_are_those_of_the_network() -> None:
    """They are what the exact evaluation of the head makes of an input with these features."""
    _, head = planned("mixed")
    x = array([1, "1/3", -2, 5])
    hidden = rectified(head.first[0].astype(float) @ np.array([1, 0, -2, 5]) + head.first[1])
    assert hidden.shape == (3,)
    network = head.network
    first = [max(0, value) for value in _affine(head.first, x)]
    assert tuple(logits(head, array([first]))[0].tolist()) == tuple(
        network.evaluate({"x": x})["y"].tolist()
    )


def _affine(layer: tuple[np.ndarray, np.ndarray], x: np.ndarray) -> list[object]:
    from lumpver.exact.array import add, rationals
    from lumpver.exact.product import matmul

    return rationals(add(matmul(layer[0], x), layer[1])).tolist()


def test_no_images_are_no_trouble() -> None:
    """Without images all counts are 0."""
    made, head = planned("mixed")
    none = np.zeros((0, 3), np.float32)
    found = curve(head, made, none, np.zeros(0, int))
    assert set(found.right) | set(found.changed) == {0}
    assert right(head, none, np.zeros(0, int)) == 0


@pytest.mark.parametrize("value", [0.0, -0.0, 1e300, -1e-300, 2.0**-1074])
def test_relu_is_exact(value: float) -> None:
    """As floats and as rationals alike, at the smallest and the largest numbers."""
    expected = max(value, 0.0)
    assert rectified(np.array([value])).tolist() == [expected]
    mixed = rectified(array([value, "1/3"]))
    assert mixed.tolist()[0] == array([expected, "1/3"]).tolist()[0]


def test_rounding_to_floats_is_rounding_once() -> None:
    """The nearest float64, for numbers that are none."""
    assert as_floats(array(["1/3", "-2/3"])).tolist() == [1 / 3, -2 / 3]
    assert as_floats(np.array([0.5], np.float32)).dtype == np.float64
