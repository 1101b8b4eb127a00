"""Verdicts: each counterexample is one, each exact node is exact, and nothing is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from experiment_nets import planned
from flint import fmpq

from experiments.paper.heads import Head
from experiments.paper.judging import judged, shown
from experiments.paper.points import preimage
from experiments.paper.pruning import without
from experiments.paper.synthetic import Combined, Plan
from lumpver.exact.array import array, equal, rationals
from lumpver.exact.scalar import number

if TYPE_CHECKING:
    from experiments.paper.results import Verdict


def inputs(count: int = 30, *, seed: int = 0) -> np.ndarray:
    """Random exact inputs of a head, as floats."""
    return np.random.default_rng(seed).integers(-8, 8, (count, 4)) / 4


def seen(head: Head, x: np.ndarray) -> np.ndarray:
    """The features of inputs, in floats."""
    W, b = head.first
    return np.maximum(x @ W.T.astype(float) + b, 0)


def replayed(head: Head, made: Plan, verdict: Verdict, x: np.ndarray) -> bool:
    """Whether pruning this node alone changes an output where the verdict says."""
    one = next(c for c in made.combined if c.node == verdict.node)
    if verdict.reason == "image":
        at: Any = array(x[verdict.image])
    else:
        features = [number(f) for f in verdict.point]
        at = array(preimage(array(head.first[0]), array(head.first[1]), features))
    ours = head.network.evaluate({"x": at})["y"]
    return not bool(equal(ours, without(head, [one]).network.evaluate({"x": at})["y"]).all())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("terms", [2, 3, 4])
def test_same_sign_nodes_are_exact(seed: int, terms: int) -> None:
    """All of them, as nodes that never switch; no image is looked at."""
    made, head = planned("same", terms, seed=seed)
    found = judged(head, made, np.ones((2, 3)), lambda _: pytest.fail("no image is needed"))
    assert [(v.node, v.answer, v.reason) for v in found] == [
        (c.node, "exact", "stable") for c in made.combined
    ]


@pytest.mark.parametrize("family", ["mixed", "signed"])
@pytest.mark.parametrize("seed", range(4))
def test_counterexamples_are_replayed(family: str, seed: int) -> None:
    """Every node has a verdict, and every counterexample changes an output."""
    made, head = planned(family, 3, seed=seed)
    x = inputs(seed=seed)
    found = judged(head, made, seen(head, x), lambda i: x[i])
    assert [v.node for v in found] == [c.node for c in made.combined]
    for verdict in found:
        assert verdict.answer in ("exact", "counterexample")
        if verdict.answer == "counterexample":
            assert replayed(head, made, verdict, x)
            assert float(verdict.change) != 0


def test_without_images_points_are_constructed() -> None:
    """Where no image helps the features are made up, and the head has an input for them."""
    made, head = planned("mixed", 2)
    found = judged(head, made, np.zeros((0, 3)), lambda i: inputs()[i])
    refuted = [v for v in found if v.answer == "counterexample"]
    assert refuted
    for verdict in refuted:
        assert verdict.reason == "point"
        assert all(number(f) >= 0 for f in verdict.point)
        assert replayed(head, made, verdict, inputs())


def head_of(rows: list[list[int]], last: list[list[int]], *, first: Any = None) -> Head:
    """A head with one feature, or as many as `first` makes."""
    W = array(rows)
    read = array([[1]]) if first is None else first
    return Head(
        (read, array([0] * read.shape[0])),
        (W[:, :-1], W[:, -1]),
        (array(last), array([0] * len(last))),
    )


PAIR = Plan("mixed", 3, (0, 1), (Combined(2, ((0, fmpq(1)), (1, fmpq(1)))),))


def test_a_node_that_nobody_reads_is_exact() -> None:
    """Its outgoing weights are 0, so nothing moves."""
    head = head_of([[1, 0], [-1, 1], [0, 1]], [[1, 1, 0]])
    (found,) = judged(head, PAIR, np.array([[5.0]]), lambda _: array([5]))
    assert (found.answer, found.reason) == ("exact", "unread")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, 0], [2, 1], [3, 1]], "stable"),
        ([[-1, 0], [-2, -1], [-3, -1]], "off"),
        ([[-1, 1], [-2, 2], [-3, 3]], "proportional"),
    ],
)
def test_exact_nodes_have_a_reason(rows: list[list[int]], expected: str) -> None:
    """One for every case of the lemma, and outputs are equal at every feature."""
    head = head_of(rows, [[1, 2, 4]])
    (found,) = judged(head, PAIR, np.array([[5.0]]), lambda _: array([5]))
    assert (found.answer, found.reason) == ("exact", expected)
    smaller = without(head, PAIR.combined)
    for x in range(-3, 9):
        assert head.network([x]) == smaller.network([x])


def test_a_false_hint_is_no_counterexample() -> None:
    """Features that floats report wrongly lead to a replay, which finds no change."""
    head = head_of([[1, 0], [-1, 1], [0, 1]], [[1, 1, 1]])
    (found,) = judged(head, PAIR, np.array([[5.0]]), lambda _: array([0]))
    assert (found.answer, found.reason, found.image) == ("counterexample", "point", None)


def test_a_point_that_no_input_makes_is_unknown() -> None:
    """Both features are the same number: the search finds other features, and no input."""
    both = array([[1], [1]])
    head = head_of([[1, 0, 0], [0, -1, 0], [1, -1, 0]], [[1, 1, 1]], first=both)
    (found,) = judged(head, PAIR, np.zeros((0, 2)), lambda _: array([0]))
    assert found.answer == "unknown"


def test_few_images_refute_many_nodes() -> None:
    """Nodes share their counterexamples as far as floats suggest it."""
    made, head = planned("mixed", 2, seed=1)
    x = inputs(200)
    found = judged(head, made, seen(head, x), lambda i: x[i])
    images = {v.image for v in found if v.reason == "image"}
    assert 1 <= len(images) < len(made.combined)


def test_changes_are_shown_with_their_sign() -> None:
    """Three digits for a person."""
    assert [shown(fmpq(n, 7)) for n in (-1, 0, 10**6)] == ["-0.143", "0", "1.43e+05"]
    assert rationals(array([1]))[0] == 1
