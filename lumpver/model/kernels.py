"""Kernels from a matrix and the window that it moves over, checked to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.errors import ShapeMismatch
from lumpver.model.weights import (
    MOST_ZEROS,
    Diagonal,
    Identity,
    Kernel,
    Matrix,
    Normalization,
)
from lumpver.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.linear import Linear


def kernel_of(node: Linear, lengths: Sequence[Sequence[int]], groups: int = 1) -> Kernel:
    """The node's matrix as a kernel with this window: the lists are those of `Window`.

    The matrix is that of each group's units beside each other.

    Raises
    ------
    ShapeMismatch
        If the matrix or the node's axis does not fit the window, there are no numbers, or far
        more would be zeros between groups.
    """
    if len(lengths) not in {5, 6}:
        raise ShapeMismatch(f"node {node.name}", expected="five or six lists", got=str(lengths))
    window = Window(*map(tuple, lengths))
    match node.weights:
        case Matrix(numbers) if (
            node.axis == -1 - window.axes
            and numbers.size > 0
            and numbers.shape[1] % window.taps == 0
            and numbers.size * (groups - 1) <= MOST_ZEROS
        ):
            return Kernel(numbers, window, groups)
        case Matrix() | Kernel() | Diagonal() | Identity() | Normalization():
            expected = f"columns for {window.taps} taps each, along axis {-1 - window.axes}"
            expected += f", at most {MOST_ZEROS} zeros between groups" if groups > 1 else ""
            raise ShapeMismatch(f"node {node.name}", expected=expected, got=f"axis {node.axis}")
        case _:
            assert_never(node.weights)
