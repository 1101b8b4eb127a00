"""Tests for `lumpver.quotient.composition`: affine nodes multiplied out where that is smaller."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from nasty import fractions

from lumpver.exact.array import is_float
from lumpver.model.linear import mixes
from lumpver.model.network import Linear, Network, Segment, linear
from lumpver.model.segments import aggregate
from lumpver.quotient.composition import compose
from lumpver.reducing.reduction import reduce


def run(*parts: tuple[Any, Any]) -> list[Linear]:
    """Linear nodes one after another."""
    return [linear(f"n{i}", f"t{i}", f"t{i + 1}", W, b) for i, (W, b) in enumerate(parts)]


def same(nodes: list[Linear], columns: int, **options: Any) -> list[Linear]:
    """The composed nodes, which compute the same and hang together."""
    found = compose(nodes, **options)
    before, after = (aggregate(Segment(tuple(part)), None, columns) for part in (nodes, found))
    for a, b in zip(before, after, strict=True):
        assert (fractions(a) == fractions(b)).all()
    assert (found[0].input, found[-1].output) == (nodes[0].input, nodes[-1].output)
    assert all(a.output == b.input for a, b in pairwise(found))
    return found


WIDE = (np.arange(6.0).reshape(6, 1), None), (np.ones((1, 6)), [1])


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [([[1, 2]], None)],
        [([[1, 2]], None), (None, [1])],
        [(None, [1, 2]), ([[1, 2]], [3])],
        [([2, 3], None), ([[1, 2]], None)],
    ],
)
def test_one_matrix_or_none(parts: Any) -> None:
    """There is nothing to multiply out where fewer than two matrices meet."""
    nodes = run(*parts)
    assert compose(nodes) == nodes


def test_a_wide_middle_goes() -> None:
    """Two layers with a wide tensor between them become one."""
    (only,) = same(run(*WIDE), 1)
    assert fractions(only.W).tolist() == [[15]]


def test_a_narrow_middle_stays() -> None:
    """A bottleneck is smaller as it is."""
    nodes = run((np.ones((1, 5)), None), (np.ones((5, 1)), None))
    assert same(nodes, 5) == nodes


def test_as_many_numbers_is_not_fewer() -> None:
    """Where nothing is gained nothing is changed."""
    nodes = run((np.ones((2, 2)), None), (np.ones((1, 2)), None))
    assert len(same(nodes, 2)) == 1
    nodes = run((np.ones((1, 2)), [1]), (np.ones((1, 1)), None))
    assert same(nodes, 2)
    nodes = run((np.eye(2), None), (np.ones((2, 2)), None))
    assert len(same(nodes, 2)) == 1
    tight = run((np.ones((1, 1)), None), (np.ones((1, 1)), None))
    assert same(tight, 1) == tight


@pytest.mark.parametrize("position", range(4))
def test_shifts_anywhere(position: int) -> None:
    """Biases before, between and behind the matrices are taken along."""
    first, second = WIDE
    parts: list[Any] = [first, second]
    shift = {0: (None, [7]), 1: (None, np.arange(6.0)), 2: (None, [7])}
    if position < 3:
        parts.insert(position, shift[position])
    found = same(run(*parts), 1)
    assert sum(map(mixes, found)) == 1


def test_diagonals_between() -> None:
    """A scale between two matrices is multiplied in."""
    assert len(same(run(WIDE[0], (np.arange(6.0), None), WIDE[1]), 1)) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0.1, 0.2, 0.3], [0.7, 1, 1]),
        ([2.0**53, 1.0, 0.0], [1, 1, 1]),
        ([1e300, 1e300, 0.0], [1e300, 1, 1]),
        ([2.0**-1074, 0.0, 0.0], [0.5, 1, 1]),
    ],
)
def test_products_that_leave_the_floats(first: list[float], second: list[float]) -> None:
    """A product that float64 does not hold is left uncomposed, or rational if asked."""
    nodes = run((np.array(first)[:, None], None), (np.array([second]), None))
    assert same(nodes, 1) == nodes
    (only,) = same(nodes, 1, floats_only=False)
    assert only.W is not None
    assert not is_float(only.W)


def test_rational_nodes_compose() -> None:
    """What was rational before may stay so."""
    assert len(same(run(([["1/3"], ["1/7"], [1]], None), ([[1, 1, 1]], None)), 1)) == 1


def test_empty_middles_and_ends() -> None:
    """Degenerate widths multiply out to zeros of the right shape."""
    for n, m, k in ((0, 2, 1), (2, 0, 1), (1, 2, 0), (0, 0, 0)):
        same(run((np.zeros((m, n)), None), (np.zeros((k, m)), None)), n)


def test_as_a_rule() -> None:
    """`compose` is a rule of its own: without it the run stays."""
    network = Network.from_layers([(*WIDE[0], "identity"), WIDE[1]])
    assert reduce(network).network.parameters == 2
    kept = reduce(network, rules=["merges", "constants", "unused"])
    assert kept.network.parameters == network.parameters
