"""Linear nodes: y = W x + b along one axis, and what there is to ask about their numbers.

W is a matrix, a diagonal or the identity; each is a type of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Final, assert_never

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, add, array, multiply
from lumpver.exact.product import matmul

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.tensor import Shape


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Weights that mix units: one row per unit of y, one column per unit of x."""

    numbers: Exact


@dataclass(frozen=True, slots=True, eq=False)
class Diagonal:
    """Weights that scale units: one factor for each."""

    factors: Exact


@dataclass(frozen=True, slots=True)
class Identity:
    """Weights that leave units as they are, however many there are."""


Weights = Matrix | Diagonal | Identity

_IDENTITY: Final = Identity()


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """y = W x + b along one axis.

    `b` is a vector with one entry per unit of y, or None (zero).
    """

    name: str
    input: str
    output: str
    weights: Weights = _IDENTITY
    b: Exact | None = None
    axis: int = -1

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.input,)

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.output,)

    @property
    def W(self) -> Exact | None:
        """The numbers of the weights as stored: a matrix, the factors, None for no numbers."""
        match self.weights:
            case Matrix(numbers):
                return numbers
            case Diagonal(factors):
                return factors
            case Identity():
                return None
            case _:
                assert_never(self.weights)


def weights_of(W: Exact | None, *, where: str = "weights") -> Weights:
    """The weights with these numbers: a matrix has two axes, a diagonal one, the identity none.

    Raises
    ------
    ShapeMismatch
        If there are other axes.
    """
    if W is None:
        return _IDENTITY
    if W.ndim not in {1, 2}:
        raise ShapeMismatch(where, expected="a matrix of weights", got=str(W.shape))
    return Matrix(W) if W.ndim == 2 else Diagonal(W)


def linear(name: str, source: str, target: str, W: Any, b: Any = None, *, axis: int = -1) -> Linear:
    """A linear node from anything that `exact.array` reads, shapes checked.

    `W` is a matrix with one row per unit of y, a vector (a diagonal), or None (the identity).

    Raises
    ------
    ShapeMismatch
        If `b` does not have one entry per row of `W`.
    """
    numbers = None if W is None else array(W, where=f"{name} weights")
    weights = weights_of(numbers, where=name)
    bias = None if b is None else array(b, where=f"{name} bias")
    if bias is not None:
        bias = bias.reshape(-1) if bias.ndim == 2 and 1 in bias.shape else bias
        if bias.ndim != 1:
            raise ShapeMismatch(name, expected="a vector of biases", got=str(bias.shape))
    if bias is not None and rows(weights) not in {None, bias.size}:
        raise ShapeMismatch(name, expected=f"{rows(weights)} biases", got=str(bias.size))
    return Linear(name, source, target, weights, bias, axis)


def rows(weights: Weights) -> int | None:
    """How many units the weights make, None where that is as many as they read."""
    match weights:
        case Matrix(numbers):
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
        case Diagonal(factors):
            return int(factors.shape[0])
        case Identity():
            return None
        case _:
            assert_never(weights)


def first_matrix(nodes: Sequence[Linear]) -> tuple[int, Exact] | None:
    """Which of the nodes is the first that mixes units, and its matrix; None if none does."""
    for i, node in enumerate(nodes):
        match node.weights:
            case Matrix(numbers):
                return i, numbers
            case Diagonal() | Identity():
                pass
            case _:
                assert_never(node.weights)
    return None


def mixes(node: Linear) -> bool:
    """Whether a unit that the node makes may depend on several that it reads."""
    match node.weights:
        case Matrix():
            return True
        case Diagonal() | Identity():
            return False
        case _:
            assert_never(node.weights)


def shifts_only(node: Linear) -> bool:
    """Whether a node does no more than add its biases: its weights are the identity."""
    match node.weights:
        case Identity():
            return True
        case Matrix() | Diagonal():
            return False
        case _:
            assert_never(node.weights)


def times(weights: Weights, x: Exact) -> Exact:
    """W x, of a vector or of a matrix with one row per unit.

    Examples
    --------
    >>> times(weights_of(array([2, 3])), array([[1, 0], [1, 1]])).tolist()
    [[2.0, 0.0], [3.0, 3.0]]
    """
    match weights:
        case Matrix(numbers):
            return matmul(numbers, x)
        case Diagonal(factors):
            return multiply(factors if x.ndim == 1 else factors[:, None], x)
        case Identity():
            return x
        case _:
            assert_never(weights)


def units_made(node: Linear) -> int | None:
    """How many units a node makes, as far as its numbers tell."""
    found = rows(node.weights)
    return found if found is not None or node.b is None else int(node.b.shape[0])


def units_read(node: Linear) -> int | None:
    """How many units a node reads, as far as its numbers tell."""
    found = columns(node.weights)
    return found if found is not None or node.b is None else int(node.b.shape[0])


def numbers_of(node: Linear) -> tuple[Exact, ...]:
    """All numbers that a node holds: those of its weights, then its biases."""
    return tuple(part for part in (node.W, node.b) if part is not None)


def is_idle(node: Linear) -> bool:
    """Whether a node holds no numbers: it passes on what it reads."""
    return node.b is None and shifts_only(node)


def behind(node: Linear, shape: Shape) -> Shape:
    """The shape of the node's output for an input of this shape, as far as it is known.

    Raises
    ------
    ShapeMismatch
        If the shape has no such axis.
    """
    if shape is not None and len(shape) < -node.axis:
        expected = f"axis {node.axis}"
        raise ShapeMismatch(f"node {node.name}", expected=expected, got=str(shape))
    match node.weights:
        case Matrix(numbers) if shape is not None:
            axis = len(shape) + node.axis
            return (*shape[:axis], int(numbers.shape[0]), *shape[axis + 1 :])
        case Matrix() | Diagonal() | Identity():
            return shape
        case _:
            assert_never(node.weights)


def value(node: Linear, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    ShapeMismatch
        If x does not have the node's axis, or not as many units there.
    """
    if is_idle(node):  # of a number, too, which has no axis
        return x
    axis = x.ndim + node.axis
    if axis < 0:
        raise ShapeMismatch(f"node {node.name}", expected=f"axis {node.axis}", got=str(x.shape))
    rows = np.moveaxis(x, axis, 0)
    shape = rows.shape[1:]
    flat = rows.reshape(rows.shape[0], prod(shape))
    read = columns(node.weights)
    if read not in {None, flat.shape[0]}:
        raise ShapeMismatch(f"node {node.name}", expected=f"{read} units", got=str(flat.shape[0]))
    flat = times(node.weights, flat)
    if node.b is not None:
        if node.b.shape[0] != flat.shape[0]:
            raise ShapeMismatch(
                f"node {node.name}", expected=f"{flat.shape[0]} biases", got=str(node.b.shape[0])
            )
        flat = add(flat, node.b[:, None])
    return np.moveaxis(flat.reshape(flat.shape[0], *shape), 0, axis)
