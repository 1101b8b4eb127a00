"""Rearrange nodes: the same entries in another shape, and where units go in it.

Lengths may be unknown or symbolic; every answer given holds for all their values, and
where none can be given the answer is None, never a guess.

moved axis: the axis of the result along which the units of the operand lie, if any
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final

from lumpver.errors import ShapeMismatch
from lumpver.model.spread import ALONE, Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.exact.array import Exact
    from lumpver.model.tensor import Dimension, Shape


MOST_UNITS: Final = 2**24  # that are told apart where an axis takes in others


@dataclass(frozen=True, slots=True, eq=False)
class Rearrange:
    """The entries of x in another shape: Reshape, Flatten, Transpose, (Un)Squeeze.

    `parameters` are the integers of the operator as ONNX defines it: the target shape,
    the axis, the permutation, the axes. `zero_copies` is Reshape's reading of 0.
    """

    name: str
    input: str
    output: str
    operator: str
    parameters: tuple[int, ...] | None
    zero_copies: bool = True

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.input,)

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.output,)


def rearranged(node: Rearrange, shape: Shape) -> Shape:
    """The shape of the node's output for an input of this shape.

    Raises
    ------
    ShapeMismatch
        If the node does not apply to that shape.

    Examples
    --------
    >>> node = Rearrange("r", "x", "y", "Reshape", (-1, 6))
    >>> rearranged(node, ("N", 2, 3))
    ('N', 6)
    """
    parameters = node.parameters
    if node.operator == "Reshape" and parameters is not None:
        return _reshaped(node, shape, parameters)
    if shape is None:
        return (None, None) if node.operator == "Flatten" else None
    rank = len(shape)
    if node.operator == "Flatten" and parameters is not None:
        split = parameters[0] + rank if parameters[0] < 0 else parameters[0]
        if not 0 <= split <= rank:
            raise ShapeMismatch(f"node {node.name}", expected=f"{split} axes", got=str(rank))
        return (_product(shape[:split]), _product(shape[split:]))
    if node.operator == "Transpose":
        return tuple(shape[i] for i in permutation(node, rank))
    if node.operator == "Unsqueeze" and parameters is not None:
        new = _places(node, parameters, rank + len(parameters))
        rest = iter(shape)
        return tuple(1 if i in new else next(rest) for i in range(rank + len(new)))
    if parameters is None and any(not isinstance(size, int) for size in shape):
        return None
    gone = _squeezed(node, shape)
    return tuple(size for i, size in enumerate(shape) if i not in gone)


def permutation(node: Rearrange, rank: int) -> tuple[int, ...]:
    """A Transpose's permutation, given or by default.

    Raises
    ------
    ShapeMismatch
        If it does not permute `rank` axes.
    """
    order = node.parameters if node.parameters is not None else tuple(reversed(range(rank)))
    if sorted(order) != list(range(rank)):
        raise ShapeMismatch(f"node {node.name}", expected=f"{rank} axes", got=str(order))
    return order


def _squeezed(node: Rearrange, shape: Sequence[Dimension]) -> set[int]:
    if node.parameters is None:
        return {i for i, size in enumerate(shape) if size == 1}
    gone = _places(node, node.parameters, len(shape))
    for axis in gone:
        size = shape[axis]
        if isinstance(size, int) and size != 1:
            raise ShapeMismatch(f"node {node.name}", expected="length 1", got=str(size))
    return gone


def _places(node: Rearrange, axes: tuple[int, ...], rank: int) -> set[int]:
    """Distinct axes of a tensor of that rank, counted from the front."""
    found = {axis % rank for axis in axes if -rank <= axis < rank}
    if len(found) != len(axes):
        raise ShapeMismatch(f"node {node.name}", expected=f"axes of {rank}", got=str(axes))
    return found


def _product(sizes: Sequence[Dimension]) -> Dimension:
    symbols = [size for size in sizes if not isinstance(size, int)]
    whole = prod(_lengths(sizes))
    if not symbols:
        return whole
    return symbols[0] if len(symbols) == 1 and whole == 1 else None


def _reshaped(node: Rearrange, shape: Shape, target: tuple[int, ...]) -> Shape:
    copied = [i for i, size in enumerate(target) if size == 0 and node.zero_copies]
    if min(target, default=0) < -1 or target.count(-1) > 1:
        raise ShapeMismatch(f"node {node.name}", expected="a shape", got=str(target))
    if shape is not None and copied and copied[-1] >= len(shape):
        raise ShapeMismatch(f"node {node.name}", expected=f"{len(shape)} axes", got=str(target))
    result: list[Dimension] = [None if size == -1 else size for size in target]
    for i in copied:
        result[i] = None if shape is None else shape[i]
    rest = [size for i, size in enumerate(result) if target[i] != -1]
    if shape is not None and all(isinstance(size, int) for size in (*shape, *rest)):
        before, after = prod(_lengths(shape)), prod(_lengths(rest))
        if before % after if -1 in target and after else before != after:
            raise ShapeMismatch(
                f"node {node.name}", expected=f"{before} entries", got=f"shape {target}"
            )
    if -1 in target:
        result[target.index(-1)] = _missing(shape, rest)
    return tuple(result)


def _lengths(sizes: Sequence[Dimension]) -> list[int]:
    return [size for size in sizes if isinstance(size, int)]


def _missing(shape: Shape, known: list[Dimension]) -> Dimension:
    """The length that makes the products agree, where that is certain."""
    if shape is None or None in shape or None in known:
        return None
    names = [size for size in shape if isinstance(size, str)]
    for size in known:
        if isinstance(size, str):
            if size not in names:
                return None
            names.remove(size)
    whole = prod(_lengths(shape or ()))
    other = prod(_lengths(known))
    if other == 0 or whole % other:
        return None
    if not names:
        return whole // other
    return names[0] if len(names) == 1 and whole == other else None


def moved_axis(node: Rearrange, shape: Shape, axis: int) -> int | None:
    """The axis of the output, from the end, along which the units of `axis` lie in order.

    Only where the rearrangement provably is "that axis, everything else aside": the
    permutation it induces on the entries is M x I. None otherwise.

    Examples
    --------
    >>> moved_axis(Rearrange("t", "x", "y", "Transpose", (1, 0)), ("N", 5), -1)
    -2
    >>> moved_axis(Rearrange("f", "x", "y", "Flatten", (1,)), ("N", 5, 2), -2) is None
    True
    """
    if shape is None or len(shape) < -axis:
        return None
    target = rearranged(node, shape)
    if target is None:
        return None
    place = len(shape) + axis
    if node.operator == "Transpose":
        return permutation(node, len(shape)).index(place) - len(target)
    if node.operator == "Squeeze":
        gone = _squeezed(node, shape)
        if place in gone:
            return None
        return place - sum(i < place for i in gone) - len(target)
    if node.operator == "Unsqueeze" and node.parameters is not None:
        new = {i % len(target) for i in node.parameters}
        kept = [i for i in range(len(target)) if i not in new]
        return kept[place] - len(target)
    return _matching_axis(shape, target, place)


def spread_axis(node: Rearrange, shape: Shape, axis: int) -> tuple[int, Spread] | None:
    """The axis of the output that the units of `axis` lie along, and as which entries.

    The permutation that it induces on the entries of other axes is the identity: axes around
    that of the units are taken into it, as Flatten does. None where that is not certain.

    Examples
    --------
    >>> spread_axis(Rearrange("f", "x", "y", "Flatten", (1,)), ("N", 5, 2, 3), -3)
    (-1, Spread(copies=1, parts=6))
    >>> spread_axis(Rearrange("f", "x", "y", "Reshape", (0, -1)), ("N", 2, 3, 5), -1)
    (-1, Spread(copies=6, parts=1))
    """
    moved = moved_axis(node, shape, axis)
    if moved is not None:
        return moved, ALONE
    if shape is None or len(shape) < -axis or node.operator not in ("Flatten", "Reshape"):
        return None
    return _taken_in(shape, rearranged(node, shape) or (), len(shape) + axis)


def _taken_in(
    shape: tuple[Dimension, ...], target: tuple[Dimension, ...], place: int
) -> tuple[int, Spread] | None:
    """An axis of `target` that consists of all units, with what lies beside them, in order."""
    units = shape[place]
    for i, end in product(reversed(range(len(target))), range(len(shape), place, -1)):
        inside, size = shape[place + 1 : end], target[i]
        if not (isinstance(size, int) and isinstance(units, int) and units) or size > MOST_UNITS:
            continue
        parts = prod(_lengths(inside)) if len(_lengths(inside)) == len(inside) else 0
        copies, rest = divmod(size, units * parts) if parts else (0, 0)
        if copies and not rest and same_product(shape[end:], target[i + 1 :]):
            return i - len(target), Spread(copies, parts)
    return None


def _matching_axis(
    shape: Sequence[Dimension], target: Sequence[Dimension], place: int
) -> int | None:
    """The axis of `target` with the same length and the same stride, in row-major order."""
    size, after = shape[place], tuple(shape[place + 1 :])
    if not isinstance(size, int):
        return None
    found = [
        i - len(target)
        for i, length in enumerate(target)
        if length == size and same_product(after, tuple(target[i + 1 :]))
    ]
    same = place - len(shape)
    return same if same in found else (found[0] if found else None)


def same_product(a: tuple[Dimension, ...], b: tuple[Dimension, ...]) -> bool:
    """Whether the products of lengths are the same, whatever the symbols stand for."""
    if None in a or None in b:
        return False
    names = [sorted(size for size in sizes if isinstance(size, str)) for sizes in (a, b)]
    return names[0] == names[1] and prod(_lengths(a)) == prod(_lengths(b))


def value(node: Rearrange, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    ShapeMismatch
        If it does not apply to the shape of x.
    """
    if node.operator == "Transpose":
        return x.transpose(permutation(node, x.ndim))
    target = rearranged(node, x.shape)
    sizes = [size for size in target or () if isinstance(size, int)]
    if target is None or len(sizes) < len(target) or prod(sizes) != x.size:
        raise ShapeMismatch(f"node {node.name}", expected=str(target), got=str(x.shape))
    return x.reshape(sizes)
