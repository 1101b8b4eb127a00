"""The linear update, held against exact evaluation: equal where it should be, else not."""

from __future__ import annotations

import numpy as np
import pytest
from experiment_nets import planned
from flint import fmpq

from experiments.paper.heads import Head
from experiments.paper.pruning import confirmed, prefixes, updated, without
from experiments.paper.synthetic import Combined, Plan
from lumpver.errors import Malformed
from lumpver.exact.array import array, equal, rationals


def points(count: int = 6, *, seed: int = 0) -> list[list[fmpq]]:
    """Random rational inputs of a head."""
    random = np.random.default_rng(seed)
    return [[fmpq(int(n), 7) for n in row] for row in random.integers(-40, 40, (count, 4))]


@pytest.mark.parametrize("seed", range(4))
def test_same_sign_nodes_go_without_a_trace(seed: int) -> None:
    """Pruned or not, outputs are equal at every point, after each number of prunings."""
    made, head = planned("same", 3, seed=seed)
    whole = head.network
    for count in range(len(made.combined) + 1):
        smaller = without(head, made.combined[:count])
        assert smaller.synthetic[0].shape[0] == made.width - count
        network = smaller.network
        for x in points():
            assert network(x) == whole(x)


@pytest.mark.parametrize("family", ["mixed", "signed"])
def test_other_nodes_leave_one(family: str) -> None:
    """Somewhere among these points an output changes."""
    made, head = planned(family)
    ours, theirs = head.network, without(head, made.combined).network
    assert any(ours(x) != theirs(x) for x in points(20))


@pytest.mark.parametrize("family", ["same", "mixed", "signed"])
def test_prefixes_are_the_update_step_by_step(family: str) -> None:
    """After k steps they are what pruning the first k nodes at once makes."""
    made, head = planned(family, 3)
    steps = list(prefixes(head.last[0], made))
    assert len(steps) == len(made.combined) + 1
    for count, (left, W) in enumerate(steps):
        expected = without(head, made.combined[:count])
        assert equal(W, expected.last[0]).all()
        assert equal(array(head.synthetic[0])[left], expected.synthetic[0]).all()


def test_nothing_pruned_changes_nothing() -> None:
    """Without nodes to remove the weights are the very same."""
    made, head = planned("mixed")
    same = without(head, ())
    assert (same.last[0] == head.last[0]).all()
    assert updated(head.last[0], ()) is head.last[0]
    assert made.combined


def test_the_update_does_not_round() -> None:
    """A sum that no float holds is kept as the rational it is."""
    W = np.array([[1.0, 2.0**-80]])
    node = Combined(1, ((0, fmpq(1, 4)),))
    assert updated(W, [node])[0, 0] == 1 + fmpq(1, 2**82)
    made = Plan("mixed", 2, (0,), (node,))
    *_, (left, last) = prefixes(W, made)
    assert left == [0]
    assert rationals(last).tolist() == [[1 + fmpq(1, 2**82)]]


def test_thirds_are_exact() -> None:
    """Coefficients and weights may be any rationals."""
    W = array([["1/3", "1/7"]])
    assert updated(W, [Combined(1, ((0, fmpq(1, 5)),))])[0, 0] == fmpq(1, 3) + fmpq(1, 35)


def test_all_nodes_may_share_one_term() -> None:
    """What several nodes add to one column adds up."""
    W = np.array([[1.0, 10.0, 100.0]])
    nodes = [Combined(1, ((0, fmpq(2)),)), Combined(2, ((0, fmpq(3)),))]
    assert updated(W, nodes)[0, 0] == 321


def test_a_layer_as_planned_is_confirmed() -> None:
    """Nothing is said of a right layer."""
    made, head = planned("signed")
    confirmed(head, made)


@pytest.mark.parametrize("part", [0, 1])
def test_a_layer_that_moved_is_refused(part: int) -> None:
    """A weight or a bias next to the right one is not the right one."""
    made, head = planned("mixed")
    moved = tuple(np.array(values) for values in head.synthetic)
    flat = moved[part].reshape(-1)
    index = made.combined[0].node * (moved[part].size // made.width)
    flat[index] = np.nextafter(flat[index], np.float32(np.inf))
    with pytest.raises(Malformed, match="combinations"):
        confirmed(Head(head.first, (moved[0], moved[1]), head.last), made)


def test_a_layer_of_another_width_is_refused() -> None:
    """A plan is for a layer of its width."""
    made, head = planned("mixed")
    W, b = head.synthetic
    with pytest.raises(Malformed, match="8 nodes"):
        confirmed(Head(head.first, (W[:-1], b[:-1]), head.last), made)


@pytest.mark.parametrize("family", ["same", "signed"])
def test_fixed_rows_of_the_wrong_sign_are_refused(family: str) -> None:
    """Rows turned around are still the plan's combinations, but not of its family."""
    made, head = planned(family)
    W, b = head.synthetic
    with pytest.raises(Malformed, match="negative"):
        confirmed(Head(head.first, (-W, -b), head.last), made)
