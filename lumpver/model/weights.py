"""Weights of linear nodes: a matrix, a kernel that moves over positions, a diagonal, the identity.

unit: one entry of the axis that weights act along
taps: how many positions of x an entry of y reads; 1 but for kernels
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, multiply
from lumpver.exact.product import matmul

if TYPE_CHECKING:
    from lumpver.model.window import Window


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Weights that mix units: one row per unit of y, one column per unit of x."""

    numbers: Exact


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """Weights that mix units at several positions: a convolution.

    `numbers` has one row per unit of y and one column per unit of x and tap, taps side by side.
    """

    numbers: Exact
    window: Window


@dataclass(frozen=True, slots=True, eq=False)
class Diagonal:
    """Weights that scale units: one factor for each."""

    factors: Exact


@dataclass(frozen=True, slots=True)
class Identity:
    """Weights that leave units as they are, however many there are."""


Weights = Matrix | Kernel | Diagonal | Identity

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
        case Diagonal(factors):
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
        case Kernel(numbers, window):
            return int(numbers.shape[1]) // window.taps
        case Diagonal(factors):
            return int(factors.shape[0])
        case Identity():
            return None
        case _:
            assert_never(weights)


def with_numbers(weights: Weights, numbers: Exact) -> Weights:
    """The same sort of weights that mix units, with other numbers; else a matrix of them."""
    match weights:
        case Kernel(_, window):
            return Kernel(numbers, window)
        case Matrix() | Diagonal() | Identity():
            return Matrix(numbers)
        case _:
            assert_never(weights)


def times(weights: Weights, x: Exact) -> Exact:
    """W x, of a vector or of a matrix with one row per unit, and tap for a kernel.

    Examples
    --------
    >>> from lumpver.exact.array import array
    >>> times(weights_of(array([2, 3])), array([[1, 0], [1, 1]])).tolist()
    [[2.0, 0.0], [3.0, 3.0]]
    """
    match weights:
        case Matrix(numbers) | Kernel(numbers):
            return matmul(numbers, x)
        case Diagonal(factors):
            return multiply(factors if x.ndim == 1 else factors[:, None], x)
        case Identity():
            return x
        case _:
            assert_never(weights)
