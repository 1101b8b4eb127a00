"""Joins: two tensors of one shape, added or subtracted entry by entry.

Nothing is broadcast: who makes a join has found that both operands have the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import add

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.tensor import Shape

Operator = Literal["Add", "Sub"]


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """y = a + b or y = a - b; both operands may be the same tensor."""

    name: str
    first: str
    second: str
    output: str
    operator: Operator

    @property
    def inputs(self) -> tuple[str, str]:
        return (self.first, self.second)

    @property
    def outputs(self) -> tuple[str]:
        return (self.output,)


def same_shape(a: Shape, b: Shape) -> bool:
    """Whether two shapes are known and the same, whatever their symbols stand for.

    Examples
    --------
    >>> same_shape(("N", 4), ("N", 4)), same_shape((4, 1), (1, 4)), same_shape((None,), (None,))
    (True, False, False)
    """
    return a is not None and a == b and None not in a


def behind(node: Join, a: Shape, b: Shape) -> Shape:
    """The shape of the node's output, as far as that of either operand tells it.

    Raises
    ------
    ShapeMismatch
        If the operands cannot have one shape.
    """
    if a is None or b is None:
        return b if a is None else a
    if len(a) != len(b) or any(
        isinstance(x, int) and isinstance(y, int) and x != y for x, y in zip(a, b, strict=True)
    ):
        raise ShapeMismatch(f"node {node.name}", expected=str(a), got=str(b))
    return tuple(y if x is None or isinstance(y, int) else x for x, y in zip(a, b, strict=True))


def value(node: Join, a: Exact, b: Exact) -> Exact:
    """The node's output at its operands.

    Raises
    ------
    ShapeMismatch
        If they do not have one shape.

    Examples
    --------
    >>> import numpy as np
    >>> value(Join("d", "a", "b", "y", "Sub"), np.array([3.0]), np.array([1.0]))
    array([2.])
    """
    if a.shape != b.shape:
        raise ShapeMismatch(f"node {node.name}", expected=str(a.shape), got=str(b.shape))
    return add(a, b if node.operator == "Add" else -b)
