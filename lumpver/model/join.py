"""Joins: several tensors made into one, entry by entry, side by side, or as a matrix product.

Entry by entry, shapes are broadcast as in numpy; side by side, a Concat, they have one length
each along its axis and agree in all others. A MatMul multiplies the matrices along the last two
axes, and broadcasts all others.

whole: of the same known length along an axis as every other operand
mixed: the second operand of a MatMul, whose columns are those of the product
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from lumpver.errors import Malformed, NotRational, ShapeMismatch
from lumpver.exact.array import (
    add,
    array,
    compact,
    divide,
    is_float,
    multiply,
    nonzero,
    rationals,
    zeros,
)
from lumpver.exact.product import matmul

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumpver.exact.array import Exact
    from lumpver.model.tensor import Dimension, Shape

Operator = Literal["Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Concat", "MatMul"]
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
_MATRIX: Final = 2  # axes
_OF_TWO: Final = ("Sub", "Mul", "Div", "MatMul")


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """y = a + b, a - b, a b, a / b; a sum, mean, largest or smallest; or all along `axis`; or A B.

    One tensor may be several operands. A Concat has its axis, counted from the end.

    Raises
    ------
    Malformed
        If there is no such operator, it has not so many operands, or the axis is none.
    """

    name: str
    operands: tuple[str, ...]
    output: str
    operator: Operator
    axis: int | None = None

    def __post_init__(self) -> None:
        place, count = f"node {self.name}", len(self.operands)
        if self.operator not in OPERATORS:
            raise Malformed(place, expected=f"one of {', '.join(OPERATORS)}", got=self.operator)
        if count < 1 or (self.operator in _OF_TWO and count != 2):
            raise Malformed(place, expected=f"operands of {self.operator}", got=str(count))
        if (self.operator == "Concat") == (self.axis is None):
            raise Malformed(place, expected="the axis of a Concat", got=str(self.axis))
        if self.axis is not None and self.axis >= 0:
            raise Malformed(place, expected="an axis from the end", got=str(self.axis))

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.operands

    @property
    def outputs(self) -> tuple[str]:
        return (self.output,)

    @property
    def mixed(self) -> str | None:
        """The second operand of a MatMul, if the first is another tensor."""
        if self.operator != "MatMul" or self.operands[0] == self.operands[1]:
            return None
        return self.operands[1]


def same_shape(*shapes: Shape) -> bool:
    """Whether shapes are known and the same, whatever their symbols stand for.

    Examples
    --------
    >>> same_shape(("N", 4), ("N", 4)), same_shape((4, 1), (1, 4)), same_shape((None,), (None,))
    (True, False, False)
    """
    first = shapes[0]
    return first is not None and None not in first and all(shape == first for shape in shapes)


def certain(*shapes: Shape) -> bool:
    """Whether it is known which axes are broadcast, whatever the symbols stand for.

    Examples
    --------
    >>> certain(("N", 4, 7), (4, 1)), certain(("N", 4), ("M", 4)), certain((None, 4), (1, 4))
    (True, False, False)
    """
    if any(shape is None or None in shape for shape in shapes):
        return False
    return all(len(set(sizes) - {1}) < 2 for sizes in _by_axis(shapes))


def _by_axis(shapes: Sequence[Shape]) -> list[list[Dimension]]:
    """The lengths along each axis, from the first on, of those that have it."""
    known = [shape for shape in shapes if shape is not None]
    rank = max(map(len, known), default=0)
    return [[s[axis] for s in known if len(s) >= -axis] for axis in range(-rank, 0)]


def behind(node: Join, shapes: Sequence[Shape]) -> Shape:
    """The shape of the node's output for operands of these shapes, as far as they tell it.

    Raises
    ------
    ShapeMismatch
        If the operands do not fit each other, or there is no such axis.

    Examples
    --------
    >>> behind(Join("c", ("a", "b"), "y", "Concat", -2), [("N", 2, 5), ("N", 3, None)])
    ('N', 5, 5)
    """
    if any(shape is None for shape in shapes):
        return None
    if node.operator == "MatMul":
        return _product(node, *(shape or () for shape in shapes))
    ranks = {len(shape) for shape in shapes if shape is not None}
    if node.axis is not None and (len(ranks) > 1 or min(ranks) < -node.axis):
        expected = f"as many axes each, axis {node.axis} too"
        raise ShapeMismatch(f"node {node.name}", expected=expected, got=_told(shapes))
    found: list[Dimension] = []
    for axis, sizes in enumerate(_by_axis(shapes), start=-max(ranks)):
        if axis == node.axis:
            known = [size for size in sizes if isinstance(size, int)]
            found.append(sum(known) if len(known) == len(sizes) else None)
        else:
            found.append(_common(node, sizes, shapes))
    return tuple(found)


def _product(node: Join, a: Sequence[Dimension], b: Sequence[Dimension]) -> Shape:
    """The shape of a product of two stacks of matrices."""
    shapes = (tuple(a), tuple(b))
    inner = (a[-1:], b[-2:-1])
    numbers = {size for size in (*inner[0], *inner[1]) if isinstance(size, int)}
    if min(len(a), len(b)) < _MATRIX or len(numbers) > 1:
        raise ShapeMismatch(f"node {node.name}", expected="matrices that fit", got=_told(shapes))
    stacks = [shape[:-_MATRIX] for shape in shapes]
    over = [_common(node, sizes, shapes) for sizes in _by_axis(stacks)]
    return (*over, a[-2], b[-1])


def _common(node: Join, sizes: Sequence[Dimension], shapes: Sequence[Shape]) -> Dimension:
    """The length of an axis that is none of a Concat's own."""
    spreads = node.operator != "Concat"
    different = set(sizes) - {1} if spreads else set(sizes)
    numbers = sorted({size for size in different if isinstance(size, int)})
    if len(numbers) > 1:
        raise ShapeMismatch(f"node {node.name}", expected="one shape", got=_told(shapes))
    if numbers:
        return numbers[0]
    if len(different) > 1 and spreads:
        return None
    named = [size for size in sizes if isinstance(size, str)]
    return named[0] if named else (1 if not different else None)


def _told(shapes: Sequence[Shape]) -> str:
    return " and ".join(map(str, shapes))


def lengths(shapes: Sequence[Shape], axis: int) -> list[Dimension]:
    """The length of each operand along an axis; 1 where it has none, for then it is repeated."""
    return [1 if s is not None and len(s) < -axis else None if s is None else s[axis]
            for s in shapes]  # fmt: skip


def value(node: Join, *operands: Exact) -> Exact:
    """The node's output at its operands.

    Raises
    ------
    ShapeMismatch
        If they do not fit each other.
    NotRational
        If it divides by 0.

    Examples
    --------
    >>> value(Join("d", ("a", "b"), "y", "Sub"), np.array([3.0]), np.array([1.0]))
    array([2.])
    """
    behind(node, [x.shape for x in operands])
    first = operands[0]
    match node.operator:
        case "Concat":
            return np.concatenate(_alike(operands), axis=node.axis)
        case "Sub":
            return add(first, -operands[1])
        case "Mul":
            return multiply(first, operands[1])
        case "Div":
            if not nonzero(operands[1]).all():
                raise NotRational(f"node {node.name}", expected="numbers to divide by", got="0")
            return divide(first, operands[1])
        case "Add" | "Mean":
            total = reduce(add, operands)
            return total if node.operator == "Add" else divide(total, array([len(operands)]))
        case "MatMul":
            return compact(matrices(first, operands[1], _times))
        case "Max" | "Min":
            return reduce(np.maximum if node.operator == "Max" else np.minimum, _alike(operands))


def matrices(a: Exact, b: Exact, times: Callable[[Exact, Exact], Exact]) -> Exact:
    """The product of two stacks of matrices, which multiplies them two by two."""
    over = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (np.broadcast_to(x, (*over, *x.shape[-2:])) for x in (a, b))
    shape = (*over, a.shape[-2], b.shape[-1])
    pairs = zip(a.reshape(-1, *a.shape[-2:]), b.reshape(-1, *b.shape[-2:]), strict=True)
    products = [np.asarray(times(one, other), dtype=object) for one, other in pairs]
    return np.stack(products).reshape(shape) if products else zeros(*shape)


def _times(a: Exact, b: Exact) -> Exact:
    return rationals(matmul(a, b))


def _alike(operands: Sequence[Exact]) -> list[Exact]:
    """The operands, all stored as floats or none."""
    floats = all(map(is_float, operands))
    return [x if floats else rationals(x) for x in operands]
