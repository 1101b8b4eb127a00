"""Linear nodes: y = W x + b along one axis, and what there is to ask about their numbers.

W is a matrix, a kernel that moves over positions, a diagonal, the identity or a normalization;
each is a type of its own.

taps: how many positions of x an entry of y reads; 1 but for kernels
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, add, array, multiply
from lumpver.exact.roots import scaled
from lumpver.exact.scalar import ZERO
from lumpver.model.weights import (
    IDENTITY,
    Diagonal,
    Identity,
    Kernel,
    Matrix,
    Normalization,
    Weights,
    columns,
    rows,
    times,
    weights_of,
    whole,
)
from lumpver.model.window import Window, met

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.tensor import Shape


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """y = W x + b along one axis.

    `b` is a vector with one entry per unit of y, or None (zero).
    """

    name: str
    input: str
    output: str
    weights: Weights = IDENTITY
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
            case Matrix(numbers) | Kernel(numbers):
                return numbers
            case Diagonal(factors) | Normalization(factors):
                return factors
            case Identity():
                return None
            case _:
                assert_never(self.weights)


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


def moving(nodes: Sequence[Linear]) -> Kernel | None:
    """The kernel of a run of nodes: that of its first node, if it is one."""
    match nodes[0].weights:
        case Kernel() as kernel:
            return kernel
        case Matrix() | Diagonal() | Identity() | Normalization():
            return None
        case _:
            assert_never(nodes[0].weights)


def window_of(nodes: Sequence[Linear]) -> Window | None:
    """The window of a run of nodes, if it begins with a kernel."""
    kernel = moving(nodes)
    return None if kernel is None else kernel.window


def groups_of(nodes: Sequence[Linear]) -> int:
    """How many groups a run of nodes reads its input in."""
    kernel = moving(nodes)
    return 1 if kernel is None else kernel.groups


def taps_of(nodes: Sequence[Linear]) -> int:
    """How many taps a run of nodes reads its input through."""
    window = window_of(nodes)
    return 1 if window is None else window.taps


def first_matrix(nodes: Sequence[Linear]) -> tuple[int, Exact] | None:
    """Which of the nodes is the first that mixes units, and its matrix; None if none does.

    That of a kernel in groups is 0 where units are in two.
    """
    for i, node in enumerate(nodes):
        match node.weights:
            case Matrix(numbers):
                return i, numbers
            case Kernel():
                return i, whole(node.weights)
            case Diagonal() | Identity() | Normalization():
                pass
            case _:
                assert_never(node.weights)
    return None


def mixes(node: Linear) -> bool:
    """Whether a unit that the node makes may depend on several that it reads."""
    match node.weights:
        case Matrix() | Kernel():
            return True
        case Diagonal() | Identity() | Normalization():
            return False
        case _:
            assert_never(node.weights)


def shifts_only(node: Linear) -> bool:
    """Whether a node does no more than add its biases: its weights are the identity."""
    match node.weights:
        case Identity():
            return True
        case Matrix() | Kernel() | Diagonal() | Normalization():
            return False
        case _:
            assert_never(node.weights)


def normalizes(node: Linear) -> bool:
    """Whether a node scales units by factors that may be irrational."""
    match node.weights:
        case Normalization():
            return True
        case Matrix() | Kernel() | Diagonal() | Identity():
            return False
        case _:
            assert_never(node.weights)


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
    match node.weights:
        case Normalization(gamma, mean, variance):
            parts: tuple[Exact | None, ...] = (gamma, mean, variance, node.b)
        case Matrix() | Kernel() | Diagonal() | Identity():
            parts = node.W, node.b
        case _:
            assert_never(node.weights)
    return tuple(part for part in parts if part is not None)


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
        case Kernel(numbers, window) if shape is not None:
            axis = len(shape) + node.axis
            return (*shape[:axis], int(numbers.shape[0]), *window.lengths(shape[axis + 1 :]))
        case Matrix() | Kernel() | Diagonal() | Identity() | Normalization():
            return shape
        case _:
            assert_never(node.weights)


def value(node: Linear, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    ShapeMismatch
        If x does not have the node's axis, or not as many units there.
    NotRational
        If a normalization makes something irrational of it.
    """
    if is_idle(node):  # of a number, too, which has no axis
        return x
    rows = laid_out(node, x)
    shape = rows.shape[1:]
    flat = rows.reshape(rows.shape[0], prod(shape))
    match node.weights:
        case Normalization(gamma, mean) as weights:
            flat = multiply(gamma[:, None], add(flat, -mean[:, None]))
            flat = scaled(flat, weights.squares, where=f"node {node.name}")
        case Matrix() | Kernel() | Diagonal() | Identity():
            flat = times(node.weights, flat)
        case _:
            assert_never(node.weights)
    if node.b is not None:
        if node.b.shape[0] != flat.shape[0]:
            raise ShapeMismatch(
                f"node {node.name}", expected=f"{flat.shape[0]} biases", got=str(node.b.shape[0])
            )
        flat = add(flat, node.b[:, None])
    return np.moveaxis(flat.reshape(flat.shape[0], *shape), 0, x.ndim + node.axis)


def laid_out(node: Linear, x: Any) -> Any:
    """What the weights multiply: a row per unit, and tap of a kernel, then the other axes.

    Entries of x are numbers or terms; 0 stands for padding.

    Raises
    ------
    ShapeMismatch
        If x does not have the node's axis, or not as many units there.
    """
    axis = x.ndim + node.axis
    if axis < 0:
        raise ShapeMismatch(f"node {node.name}", expected=f"axis {node.axis}", got=str(x.shape))
    rows = np.moveaxis(x, axis, 0)
    read = columns(node.weights)
    if read not in {None, rows.shape[0]}:
        raise ShapeMismatch(f"node {node.name}", expected=f"{read} units", got=str(rows.shape[0]))
    window = window_of([node])
    return rows if window is None else met(rows, window, axis, nothing=ZERO)
