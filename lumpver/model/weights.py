"""Weights of linear nodes: a matrix, a kernel that moves over positions, a diagonal, and so on.

unit: one entry of the axis that weights act along
taps: how many positions of x an entry of y reads; 1 but for kernels
group: as many neighbouring units of y as of every other group, which read as many units of x
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.errors import Malformed, NotRational, ShapeMismatch
from lumpver.exact.array import (
    Exact,
    add,
    array,
    entry,
    is_float,
    multiply,
    nonzero,
    positive,
    rationals,
    zeros,
)
from lumpver.exact.product import matmul

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.window import Window


MOST_ZEROS: Final = 2**25  # between the groups of a kernel, where it is laid out whole


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Weights that mix units: one row per unit of y, one column per unit of x."""

    numbers: Exact


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """Weights that mix units at several positions: a convolution.

    `numbers` has one row per unit of y and one column per unit of its group of x and tap, taps
    side by side.

    Raises
    ------
    ShapeMismatch
        If groups do not make and read as many units each.
    """

    numbers: Exact
    window: Window
    groups: int = 1

    def __post_init__(self) -> None:
        made, read = self.numbers.shape
        if self.groups < 1 or made % self.groups or read % self.window.taps:
            expected = f"rows in {self.groups} groups, columns of {self.window.taps} taps"
            raise ShapeMismatch("kernel", expected=expected, got=str(self.numbers.shape))


@dataclass(frozen=True, slots=True, eq=False)
class Diagonal:
    """Weights that scale units: one factor for each."""

    factors: Exact


@dataclass(frozen=True, slots=True)
class Identity:
    """Weights that leave units as they are, however many there are."""


@dataclass(frozen=True, slots=True, eq=False)
class Normalization:
    """Weights that center units, and scale them by gamma / sqrt(variance + epsilon).

    The factors are irrational, mostly: gamma is kept, and the square that it is divided by.

    Raises
    ------
    Malformed
        Naming the channel whose variance and epsilon add up to no positive number.
    ShapeMismatch
        If there are not as many of each.
    """

    gamma: Exact
    mean: Exact
    variance: Exact
    epsilon: fmpq
    where: str = "normalization"

    def __post_init__(self) -> None:
        for part in (self.gamma, self.mean, self.variance):
            if part.shape != (self.gamma.size,):
                expected = f"{self.gamma.size} numbers"
                raise ShapeMismatch(self.where, expected=expected, got=str(part.shape))
        wrong = np.flatnonzero(~positive(self.squares))
        if wrong.size:
            expected = "a positive variance with epsilon"
            got = str(entry(self.squares, int(wrong[0])))
            raise Malformed(f"{self.where}, channel {wrong[0]}", expected=expected, got=got)

    @property
    def squares(self) -> Exact:
        """What the scales are square roots of: variance and epsilon."""
        return add(self.variance, array([self.epsilon]))


Weights = Matrix | Kernel | Diagonal | Identity | Normalization

IDENTITY: Final = Identity()


def weights_of(W: Exact | None, *, where: str = "weights") -> Weights:
    """The weights with these numbers: a matrix has two axes, a diagonal one, the identity none.

    Raises
    ------
    ShapeMismatch
        If there are other axes.
    """
    if W is None:
        return IDENTITY
    if W.ndim not in {1, 2}:
        raise ShapeMismatch(where, expected="a matrix of weights", got=str(W.shape))
    return Matrix(W) if W.ndim == 2 else Diagonal(W)


def rows(weights: Weights) -> int | None:
    """How many units the weights make, None where that is as many as they read."""
    match weights:
        case Matrix(numbers) | Kernel(numbers):
            return int(numbers.shape[0])
        case Diagonal(factors) | Normalization(factors):
            return int(factors.shape[0])
        case Identity():
            return None
        case _:
            assert_never(weights)


def columns(weights: Weights) -> int | None:
    """How many units the weights read, None where any number will do."""
    match weights:
        case Matrix(numbers):
            return int(numbers.shape[1])
        case Kernel(numbers, window, groups):
            return int(numbers.shape[1]) // window.taps * groups
        case Diagonal(factors) | Normalization(factors):
            return int(factors.shape[0])
        case Identity():
            return None
        case _:
            assert_never(weights)


def whole(weights: Kernel) -> Exact:
    """The numbers with a column for every unit of x and tap: 0 in those of other groups.

    Examples
    --------
    >>> from lumpver.model.window import points
    >>> whole(Kernel(np.array([[2.0], [3.0]]), points(1), 2)).tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    numbers, groups = weights.numbers, weights.groups
    if groups == 1:
        return numbers
    made, read = numbers.shape
    result = np.zeros((groups, made // groups, groups, read), dtype=numbers.dtype)
    result = result if is_float(numbers) else rationals(zeros(*result.shape))
    every = np.arange(groups)
    result[every, :, every] = numbers.reshape(groups, made // groups, read)
    return result.reshape(made, groups * read)


def in_groups(numbers: Exact, window: Window, groups: int) -> Kernel | None:
    """The kernel of these groups whose `whole` the numbers are, None where there is none.

    Examples
    --------
    >>> from lumpver.model.window import points
    >>> in_groups(np.array([[2.0, 1.0], [0.0, 3.0]]), points(1), 2) is None
    True
    """
    made, read = numbers.shape
    if groups < 1 or made % groups or read % (groups * window.taps):
        return None
    apart = numbers.reshape(groups, made // groups, groups, read // groups)
    every = np.arange(groups)
    found = Kernel(apart[every, :, every].reshape(made, read // groups), window, groups)
    return found if nonzero(numbers).sum() == nonzero(found.numbers).sum() else None


def with_numbers(weights: Weights, numbers: Exact) -> Weights:
    """The same sort of weights that mix units, with other numbers; else a matrix of them.

    A kernel is one of one group.
    """
    match weights:
        case Kernel(window=window):
            return Kernel(numbers, window)
        case Matrix() | Diagonal() | Identity() | Normalization():
            return Matrix(numbers)
        case _:
            assert_never(weights)


def times(weights: Weights, x: Exact) -> Exact:
    """W x, of a vector or of a matrix with one row per unit, and tap for a kernel.

    Raises
    ------
    NotRational
        For a normalization, which does more than multiply.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> times(weights_of(array([2, 3])), array([[1, 0], [1, 1]])).tolist()
    [[2.0, 0.0], [3.0, 3.0]]
    """
    match weights:
        case Matrix(numbers):
            return matmul(numbers, x)
        case Kernel(numbers, groups=groups):
            parts = zip(np.split(numbers, groups), np.split(x, groups), strict=True)
            return _joined([matmul(some, read) for some, read in parts])
        case Diagonal(factors):
            return multiply(factors if x.ndim == 1 else factors[:, None], x)
        case Identity():
            return x
        case Normalization():
            raise NotRational(weights.where, expected="factors to multiply by", got="roots")
        case _:
            assert_never(weights)


def _joined(parts: list[Exact]) -> Exact:
    """The parts one behind the other."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts if all(map(is_float, parts)) else [rationals(x) for x in parts])
