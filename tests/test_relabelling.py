"""Tests for `lumpver.model.relabelling`: t = M t' + k, at most one entry per row of M."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from nasty import fractions, nasty

from lumpver.errors import LumpverError, Malformed, NotANumber, ShapeMismatch
from lumpver.exact.array import array, zeros
from lumpver.model.relabelling import Mixed, Relabelling, identity, spread
from lumpver.model.spread import Spread


def relabelling(block: Any, width: int, *, ghosts: int = 0, **given: Any) -> Relabelling:
    """A relabelling with scales 1 and constants 0 unless given."""
    n = len(block)
    scale, constant = given.get("scale", [1] * n), given.get("constant", [0] * n)
    return Relabelling(
        np.array(block, dtype=np.int64), array(list(scale)), array(list(constant)), width, ghosts
    )


def test_no_units() -> None:
    """Nothing is nothing, in both directions."""
    nothing = identity(0)
    assert nothing.is_identity
    assert nothing.recover([]) == []
    assert (nothing.units, nothing.columns) == (0, 0)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_identity(n: int) -> None:
    """The identity recovers what it is given."""
    found = identity(n)
    assert found.is_identity
    assert not found.has_constants
    assert found.recover(list(range(n))) == list(range(n))


@pytest.mark.parametrize(
    "other",
    [
        relabelling([1, 0], 2),
        relabelling([0, 0], 1),
        relabelling([0, 1], 2, scale=[1, 2]),
        relabelling([0, 1], 2, scale=["1/3", 1]),
        relabelling([0, 1], 2, constant=[0, 1]),
        relabelling([0, -1], 1),
        relabelling([0, 1], 1, ghosts=1),
        relabelling([0, 1], 2, ghosts=1),
        relabelling([0, 1], 3),
    ],
)
def test_other_than_the_identity(other: Relabelling) -> None:
    """Permutations, merges, scales, constants and ghosts are not the identity."""
    assert not other.is_identity


@pytest.mark.parametrize(
    "arguments",
    [
        ([0, 1], 1, 0),
        ([0, 2], 1, 1),
        ([-2], 1, 0),
        ([0], 0, 0),
    ],
)
def test_blocks_in_range(arguments: tuple[list[int], int, int]) -> None:
    """A block is a column, or -1."""
    block, width, ghosts = arguments
    with pytest.raises(Malformed):
        relabelling(block, width, ghosts=ghosts)


@pytest.mark.parametrize(("scale", "constant"), [([1], [0, 0]), ([1, 1], [0]), ([], [])])
def test_lengths_agree(scale: list[int], constant: list[int]) -> None:
    """One scale and one constant per unit."""
    with pytest.raises(Malformed):
        relabelling([0, 0], 1, scale=scale, constant=constant)


def test_recover_says_what_units_were() -> None:
    """Members, constants and ghosts come back, in the original's order."""
    found = relabelling(
        [0, 0, -1, 1, 2], 2, ghosts=1, scale=[1, "1/3", 1, -2, 1], constant=[0, 0, "5/7", 1, 0]
    )
    assert found.recover([6, 3]) == [6, 2, sympy.Rational(5, 7), -5, None]


def test_recover_of_constants_only() -> None:
    """Where nothing is left, the constants are still known."""
    assert relabelling([-1, -1], 0, constant=[3, "1/2"]).recover([]) == [3, sympy.Rational(1, 2)]


@pytest.mark.parametrize("values", [[], [1], [1, 2, 3], [[1, 2]], 1], ids=repr)
def test_recover_needs_one_value_per_unit(values: Any) -> None:
    """Too few or too many values are refused, not padded."""
    with pytest.raises(ShapeMismatch):
        relabelling([0, 1, 1], 2).recover(values)


@pytest.mark.parametrize("value", [np.nan, "x", None, True])
def test_recover_needs_numbers(value: Any) -> None:
    """What is no number is refused."""
    with pytest.raises(NotANumber):
        identity(1).recover([value])


@pytest.mark.parametrize("seed", range(20))
def test_recover_is_exact(seed: int) -> None:
    """M t' + k on numbers that floats get wrong."""
    rng = np.random.default_rng(seed)
    n, width = int(rng.integers(0, 9)), int(rng.integers(1, 4))
    block = rng.integers(-1, width, n)
    scale, constant, values = (nasty(rng, (size,), "f8") for size in (n, n, width))
    found = Relabelling(block, scale, constant, width).recover(values)
    s, k, x = fractions(scale), fractions(constant), fractions(values)
    for v in range(n):
        expected = k[v] + (s[v] * x[block[v]] if block[v] >= 0 else Fraction(0))
        assert sympy.Rational(expected.numerator, expected.denominator) == found[v]


def test_members() -> None:
    """The members of a block in rising order; those of a ghost too; none of an empty one."""
    found = relabelling([1, 0, 1, -1, 2], 2, ghosts=2)
    assert [found.members(j).tolist() for j in range(4)] == [[1], [0, 2], [4], []]


def test_columns_count_ghosts() -> None:
    """Ghosts are columns that the counterpart does not have."""
    found = relabelling([0, 1], 1, ghosts=1)
    assert (found.units, found.width, found.columns) == (2, 1, 2)


def test_errors_are_ours() -> None:
    """No internal exception gets out for a wrong relabelling."""
    with pytest.raises(LumpverError):
        Relabelling(np.array([5]), zeros(1), zeros(1), 1)


@pytest.mark.parametrize("over", [Spread(1, 1), Spread(3, 1), Spread(1, 2), Spread(2, 3)])
def test_spread_is_a_product_of_matrices(over: Spread) -> None:
    """I x M x I on what is held, and ghosts behind it in the same order, each sort together."""
    mixed = Mixed(np.array([3, 3]), np.array([0, 2]), array([2, "1/3"]))
    given = Relabelling(
        np.array([1, -1, 0, -1, 2]), array([1, 1, 3, 1, "1/2"]), array([0, 7, 0, 0, 1]), 2, 1,
        mixed, np.array([2]))  # fmt: skip
    found = spread(given, over)
    assert (found.units, found.width, found.ghosts) == tuple(n * over.count for n in (5, 2, 1))
    whole = np.kron(np.eye(over.copies), np.kron(dense(given)[:, :2], np.eye(over.parts)))
    assert (dense(found)[:, : found.width] == whole).all()
    dark = np.kron(np.eye(over.copies), np.kron(dense(given)[:, 2:], np.eye(over.parts)))
    assert (dense(found)[:, found.width :] == dark).all()
    assert found.constant.tolist() == over.of(given.constant).tolist()
    assert found.off.tolist() == list(range(found.width, found.columns))
    assert over.gathered(over.of(np.array([True, False, True]))).tolist() == [True, False, True]


def dense(given: Relabelling) -> Any:
    """M itself, as floats."""
    M = np.zeros((given.units, given.columns))
    for v in range(given.units):
        for column, scale in given.row(v):
            M[v, column] = float(Fraction(int(scale.p), int(scale.q)))
    return M
