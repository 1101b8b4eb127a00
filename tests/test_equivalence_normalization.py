"""Normalizations in joint lumping: units by the class of what they are divided by the root of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import fmpq

import lumpver.proving.monolithic
from lumpver.exact.array import array
from lumpver.exact.roots import residues, root
from lumpver.exact.scalar import number
from lumpver.model.activations import RELU, TANH
from lumpver.model.linear import Linear, linear
from lumpver.model.network import Network, Node, Pointwise
from lumpver.model.tensor import Tensor
from lumpver.model.weights import Normalization
from lumpver.proving import Proved, Refuted, Unknown, prove
from lumpver.proving.comparison import compare
from lumpver.proving.effort import Budget
from lumpver.proving.monolithic import asked
from lumpver.proving.pairing import pair
from lumpver.proving.table import Table

ROWS = [[1, 2], [-3, 1]]


def chain(
    rows: Any = ROWS, b: Any = (0, 1), gamma: Any = (1, 2), mean: Any = (0, 3),
    squares: Any = (2, 3), beta: Any = (1, -1), last: Any = ((1, 1),),
) -> Network:  # fmt: skip
    """x, a matrix, a normalization with these squares, ReLU, a matrix."""
    weights = Normalization(
        array(gamma), array(mean), array([number(s) - 1 for s in squares]), fmpq(1)
    )
    nodes: tuple[Node, ...] = (
        linear("a", "x", "h", rows, b),
        Linear("n", "h", "z", weights, array(beta)),
        Pointwise("r", "z", "s", RELU),
        linear("l", "s", "y", last),
    )
    widths = {"x": 2, "h": len(rows), "z": len(rows), "s": len(rows), "y": len(last)}
    tensors = {name: Tensor(name, shape=("N", size)) for name, size in widths.items()}
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


def joint(a: Network, b: Network) -> bool:
    """Whether joint lumping alone says that both are equal."""
    return not compare(pair(a, b), {}).open


BASE = chain()
ALIKE = {
    "itself": chain(),
    "rows and roots times 2": chain([[2, 4], [-6, 2]], (0, 2), mean=(0, 6), squares=(8, 12)),
    "gamma and roots times 3": chain(gamma=(3, 6), squares=(18, 27)),
    "rows turned with gamma": chain([[-1, -2], [-3, 1]], gamma=(-1, 2)),
    "mean and bias moved": chain(b=(5, 8), mean=(5, 10)),
    "a unit in two halves": chain(
        [*ROWS, [-3, 1]], (0, 1, 1), (1, 1, 2), (0, 3, 3), (2, 3, 12), (1, "-1/2", "-1/2"),
        ((1, 1, 1),),
    ),
    "a unit that nobody reads": chain(
        [*ROWS, [5, 5]], (0, 1, 2), (1, 2, 7), (0, 3, 0), (2, 3, 5), (1, -1, 0), ((1, 1, 0),)
    ),
    "a unit that is 0": chain(
        [*ROWS, [5, 5]], (0, 1, 2), (1, 2, 0), (0, 3, 0), (2, 3, 5), (1, -1, -1), ((1, 1, 9),)
    ),
}  # fmt: skip
UNLIKE = {
    "a square": chain(squares=(2, 4)),
    "both squares": chain(squares=(3, 2)),
    "a square times 4": chain(squares=(2, 12)),
    "a mean": chain(mean=(0, 2)),
    "a gamma": chain(gamma=(1, -2)),
    "a beta": chain(beta=(1, 1)),
    "a bias": chain(b=(1, 1)),
    "a gamma of 0": chain(gamma=(0, 2)),
    "halves of different roots": chain(
        [*ROWS, [-3, 1]], (0, 1, 1), (1, 1, 1), (0, 3, 3), (2, 3, 12), (1, "-1/2", "-1/2"),
        ((1, 1, 1),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ALIKE)
def test_normalizations_that_are_alike(name: str) -> None:
    """Proved, both ways round."""
    assert joint(BASE, ALIKE[name])
    assert joint(ALIKE[name], BASE)


@pytest.mark.parametrize("name", UNLIKE)
def test_normalizations_that_are_not(name: str) -> None:
    """Never proved."""
    assert not joint(BASE, UNLIKE[name])
    assert not joint(UNLIKE[name], BASE)


@pytest.mark.parametrize("square", [1, 4, "9/16", "1/25"])
def test_rational_roots_are_numbers(square: Any) -> None:
    """A normalization by them is a diagonal and a bias."""
    r = root(number(square))
    assert r is not None
    normalized = chain(squares=(square, square))
    rows = [[number(w) * g / r for w in row] for row, g in zip(ROWS, (1, 2), strict=True)]
    b = [number(1), 2 * (number(1) - 3) / r - 1]
    plain = Network.from_layers([(rows, b), ([[1, 1]], None)])
    assert joint(normalized, plain)
    assert not joint(normalized, Network.from_layers([(rows, [1, b[1] + 1]), ([[1, 1]], None)]))


def test_constants_behind_a_root() -> None:
    """A number over the root of another is one only where that is rational."""
    rows = [[1, 2], [0, 0]]
    given = {"rows": rows, "b": (0, 1)}
    assert joint(chain(**given), chain(**given))
    assert not joint(chain(**given), chain(**given, squares=(2, 5)))
    assert joint(chain(**given), chain(**given, gamma=(1, 4), squares=(2, 12)))
    flat = Network.from_layers([([[1, 2]], [0]), ([[1]], None)])
    ones = {"gamma": (1, 2), "mean": (0, 3), "squares": (1, 9), "beta": (0, "7/3")}
    shifted = Network.from_layers([([[1, 2]], [0]), ([[1]], [1])])
    assert joint(chain(**given, **ones), shifted)
    assert not joint(chain(**given, **ones), flat)


def test_classes_of_squares() -> None:
    """One for all numbers whose ratio is a square, and no more."""
    table, rng = Table(), np.random.default_rng(4)
    seen: dict[fmpq, fmpq] = {}
    for _ in range(400):
        square = fmpq(*rng.integers(1, 60, 2).tolist())
        lead, ratio = table.square(square)
        assert lead * ratio**2 == square
        assert ratio > 0
        seen[square] = lead
    for one, other in zip(seen, reversed(seen), strict=True):
        assert (root(one / other) is not None) is (seen[one] == seen[other])
        assert seen[one] != seen[other] or residues(one) == residues(other)
    assert table.square(fmpq(9, 4)) == (fmpq(1), fmpq(3, 2))


def test_what_has_no_rational_values_is_said() -> None:
    """Bounds tell what differs by more than their rounding; rational roots have exact values."""
    apart = prove(BASE, UNLIKE["a gamma"])
    assert isinstance(apart, Refuted)
    assert apart.evidence == "enclosure"
    found = prove(BASE, chain(squares=(2, f"{3 * 10**30 + 1}/{10**30}")))
    assert isinstance(found, Unknown)
    assert found.reason.startswith("BatchNormalization (node n) divides by an irrational root")
    squares = {"squares": (4, 9)}
    assert isinstance(prove(chain(**squares), chain(**squares, gamma=(1, -2))), Refuted)
    assert isinstance(prove(BASE, ALIKE["itself"]), Proved)


def test_a_question_that_is_too_large_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is said, before it is written down."""
    monkeypatch.setattr(lumpver.proving.monolithic, "MOST", 3)
    one, other = (Network.from_layers([([[1, 2], [3, n]], None, TANH)]) for n in (4, 5))
    found = asked(pair(one, other), {}, "z3", Budget())
    assert isinstance(found, Unknown)
    assert "about 8 products or entries, of at most 3" in found.reason


def turned(axis: int, variance: Any = (0, 3)) -> Network:
    """Units along the axis before the last, and a normalization along one of as many entries."""
    weights = Normalization(array([1, 2]), array([0, 1]), array(variance), fmpq(1, 4))
    nodes: tuple[Node, ...] = (
        linear("a", "x", "p", [[1, 2], [3, 4]], [0, 1], axis=-2),
        Pointwise("r", "p", "h", RELU),
        Linear("n", "h", "y", weights, array([0, 1]), axis),
    )
    tensors = {name: Tensor(name, shape=(2, 2)) for name in ("x", "p", "h", "y")}
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


@pytest.mark.parametrize("variance", [(0, 3), (2, 6)])
def test_units_along_another_axis_are_others(variance: Any) -> None:
    """One that follows an activation normalizes its own axis, not that of the units in front."""
    assert joint(turned(-1, variance), turned(-1, variance))
    assert not joint(turned(-1, variance), turned(-2, variance))
    assert not isinstance(prove(turned(-1, (2, 6)), turned(-2, (2, 6)), timeout=10), Proved)


def test_more_entries_than_units() -> None:
    """Four positions of a single unit, normalized one by one."""
    weights = Normalization(array([1, 2, 3, 4]), array([0] * 4), array([2] * 4), fmpq(1, 4))
    nodes: tuple[Node, ...] = (
        linear("a", "x", "p", [[1]], [1], axis=-2),
        Pointwise("r", "p", "h", RELU),
        Linear("n", "h", "y", weights, None, -1),
    )
    tensors = {name: Tensor(name, shape=(1, 4)) for name in ("x", "p", "h", "y")}
    made = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    assert joint(made, made)
