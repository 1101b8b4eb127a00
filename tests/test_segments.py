"""Tests for `lumpver.model.segments`: runs of affine nodes multiplied out, in reduced units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nasty import fractions, nasty, product

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import array, is_float, rationals
from lumpver.model.linear import mixes
from lumpver.model.network import Linear, Segment, linear
from lumpver.model.relabelling import Relabelling, identity
from lumpver.model.segments import aggregate, lumped
from lumpver.model.weights import weights_of


def dense(node: Linear, columns: int) -> tuple[Any, Any]:
    """A node's matrix and bias as Fractions, whatever its kind."""
    if mixes(node):
        W = fractions(node.W)
    else:
        W = fractions(np.eye(columns))
        if node.W is not None:
            W = W * fractions(node.W)[:, None]
    zero = fractions(np.zeros(W.shape[0]))
    return W, zero if node.b is None else fractions(node.b)


def oracle(nodes: list[Linear], relabelling: Relabelling | None, columns: int) -> tuple[Any, Any]:
    """(W M, W k + b) by definition."""
    M = fractions(np.zeros((columns, columns if relabelling is None else relabelling.columns)))
    k = fractions(np.zeros(columns)) if relabelling is None else fractions(relabelling.constant)
    for v in range(columns):
        if relabelling is None:
            M[v, v] += 1
        elif relabelling.block[v] >= 0:
            M[v, relabelling.block[v]] += fractions(relabelling.scale)[v]
    for node in nodes:
        W, b = dense(node, M.shape[0])
        M, k = product(W, M), product(W, k[:, None])[:, 0] + b
    return M, k


def _random(rng: np.random.Generator, columns: int) -> list[Linear]:
    nodes = []
    for i in range(int(rng.integers(1, 4))):
        kind, dtype = int(rng.integers(4)), str(rng.choice(["f2", "f4", "f8"]))
        rows = int(rng.integers(0, 4)) if kind == 0 else columns
        W = None
        if kind == 0:
            W = nasty(rng, (rows, columns), dtype)
        elif kind == 1:
            W = nasty(rng, (rows,), dtype)
        b = nasty(rng, (rows,), dtype) if rng.random() < 0.5 else None
        nodes.append(Linear(f"n{i}", f"t{i}", f"t{i + 1}", weights_of(W), b))
        columns = rows
    return nodes


def _relabelling(rng: np.random.Generator, n: int) -> Relabelling | None:
    if rng.random() < 0.3:
        return None
    width, ghosts = int(rng.integers(1, 4)), int(rng.integers(0, 2))
    block = rng.integers(-1, width + ghosts, n)
    scale, constant = nasty(rng, (n,), "f8"), nasty(rng, (n,), "f8")
    if rng.random() < 0.5:
        constant = constant * (block < 0)
    if rng.random() < 0.3:
        scale = rationals(scale) / 3
    return Relabelling(block, scale, constant, width, ghosts)


@pytest.mark.parametrize("seed", range(120))
def test_aggregate(seed: int) -> None:
    """The aggregate is the product, for any mixture of nodes, numbers and relabellings."""
    rng = np.random.default_rng(seed)
    columns = int(rng.integers(1, 5))
    nodes, relabelling = _random(rng, columns), _relabelling(rng, columns)
    W, b = aggregate(Segment(tuple(nodes)), relabelling, columns)
    M, k = oracle(nodes, relabelling, columns)
    assert (W.shape, b.shape) == (M.shape, k.shape)
    assert (fractions(W) == M).all()
    assert (fractions(b) == k).all()


@pytest.mark.parametrize(
    ("node", "columns"),
    [
        (linear("a", "x", "y", np.zeros((0, 3))), 3),
        (linear("a", "x", "y", np.zeros((3, 0))), 0),
        (linear("a", "x", "y", np.zeros((0, 0))), 0),
        (linear("a", "x", "y", None, np.zeros(0)), 0),
        (linear("a", "x", "y", np.zeros(0), np.zeros(0)), 0),
    ],
)
def test_degenerate_shapes(node: Linear, columns: int) -> None:
    """No rows, no columns, with the identity given or left out."""
    for relabelling in (None, identity(columns)):
        W, b = aggregate(Segment((node,)), relabelling, columns)
        M, k = oracle([node], relabelling, columns)
        assert (W.shape, b.shape) == (M.shape, k.shape)


def test_a_single_matrix_is_not_copied() -> None:
    """Where there is nothing to multiply the file's own numbers are used."""
    W, b = np.ones((2, 3), "f4"), np.ones(2, "f4")
    found = aggregate(Segment((Linear("a", "x", "y", weights_of(W), b),)), None, 3)
    assert found[0] is W
    assert found[1] is b


def test_a_node_that_does_nothing() -> None:
    """An Identity in front or behind changes nothing."""
    W = linear("w", "t", "u", [["1/3", 2]], [1])
    before, after = Linear("i", "x", "t"), Linear("j", "u", "y")
    for run in ([before, W], [W, after], [before, W, after]):
        M, k = aggregate(Segment(tuple(run)), None, 2)
        assert (fractions(M) == fractions(W.W)).all()
        assert (fractions(k) == fractions(W.b)).all()


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("W", [np.ones((2, 2)), np.ones(2)])
def test_relabellings_have_to_fit(W: Any, units: int) -> None:
    """A relabelling of another number of units is refused, naming the node."""
    with pytest.raises(ShapeMismatch) as caught:
        aggregate(Segment((Linear("a", "x", "y", weights_of(W)),)), identity(units), 2)
    assert caught.value.where == "node a"


def test_lumped_has_ghost_columns() -> None:
    """Ghosts are columns of W M like any other."""
    found = lumped(array([[1, 2, 4]]), Relabelling(np.array([0, 1, 1]), np.ones(3), np.zeros(3),
                                                   1, 1))  # fmt: skip
    assert found.tolist() == [[1, 6]]


def test_a_product_that_leaves_the_floats() -> None:
    """What float64 does not hold comes out rational, and what it holds as float64."""
    run = Segment((linear("a", "x", "t", [[0.1]]), linear("b", "t", "y", [[0.1]])))
    assert not is_float(aggregate(run, None, 1)[0])
    run = Segment((linear("a", "x", "t", [["1/3"]]), linear("b", "t", "y", [[3]])))
    assert is_float(aggregate(run, None, 1)[0])


WIDE = 200_000
LEADS = [
    Linear("i", "x", "t"),
    linear("b", "x", "t", None, np.ones(WIDE)),
    linear("d", "x", "t", np.full(WIDE, 2.0)),
]


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("relabelling", [None, identity(WIDE)])
def test_a_wide_input_in_front_of_a_matrix(lead: Linear, relabelling: Any) -> None:
    """What scales or shifts unit by unit is never multiplied out as a matrix."""
    run = Segment((lead, linear("m", "t", "y", np.ones((1, WIDE), "f4"))))
    W, b = aggregate(run, relabelling, WIDE)
    assert W.shape == (1, WIDE)
    assert W[0, 7] == (2.0 if lead.name == "d" else 1.0)
    assert b.tolist() == [float(WIDE) if lead.name == "b" else 0.0]


def test_an_unknown_number_of_units() -> None:
    """Where a matrix comes, the width of the input need not be known."""
    run = Segment((Linear("i", "x", "t"), linear("m", "t", "y", [[1, 2]])))
    assert aggregate(run, None, 0)[0].tolist() == [[1.0, 2.0]]
