"""Units along several axes in joint lumping: parted into heads, turned, put together again.

alone: units along one axis, which is where it is at home
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import add, alike
from lumpver.exact.product import matmul
from lumpver.model.linear import window_of
from lumpver.model.rearrange import permutation
from lumpver.model.rearrange import rearranged as reshaped
from lumpver.model.segments import aggregate
from lumpver.proving.layouts import around, layout_of
from lumpver.proving.values import Laid, Units, Whole, picked

_SEQUENCES: Final = 3  # axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.network import Pick, Rearrange, Segment
    from lumpver.model.tensor import Dimension, Shape
    from lumpver.proving.table import Table
    from lumpver.proving.values import Value


def as_laid(value: Value, shape: Shape) -> Laid | None:
    """The same, units along one axis among it; None of a tensor that is known by its number."""
    if isinstance(value, Units) and shape is not None and len(shape) >= -value.axis:
        return Laid(value, (value.width,), tuple(range(len(shape))))
    return value if isinstance(value, Laid) else None


def alone(value: Laid) -> Units | Laid:
    """The same, as units along one axis where they are."""
    at_home = value.order == tuple(range(len(value.order)))
    return value.units if len(value.sizes) == 1 and at_home else value


def known_as(table: Table, value: Laid, number: int, shape: Shape) -> Whole:
    """The tensor's number, that of its units being `number`: transposed where it is."""
    layout = layout_of(shape, ("laid", value.units.layout, value.sizes, value.order))
    if shape is None:
        return Whole(table.number(("laid", number, value.sizes, value.order)), layout)
    long = [axis for axis, size in zip(value.order, shape, strict=True) if size != 1]
    if long == sorted(long):
        return Whole(number, layout)
    home = tuple(shape[axis] for axis in np.argsort(value.order).tolist())
    before = Whole(number, layout_of(home, ("laid", value.units.layout, value.sizes)))
    return Whole(table.number(("transpose", before, value.order)), layout)


def parts(node: Rearrange, shape: Shape, after: Shape, axis: int) -> bool:
    """Whether a Reshape parts units along the last axis, of sequences, into heads of one each."""
    if node.operator != "Reshape" or axis != -1 or shape is None or after is None:
        return False
    return len(shape) >= _SEQUENCES and shape[-1] != 1 and after == (*shape, 1)


def along(value: Laid, axis: int, shape: Shape) -> Units | None:
    """The units along an axis of the tensor, where all lie along it, in order, as at home."""
    at, rank = value.axes, len(value.order)
    size = value.sizes[at.index(rank + axis)] if rank + axis in at else None
    if size != value.units.width or value.order != tuple(range(rank)):
        return None
    layout = around(shape, axis, (value.units.layout, "alone", axis))
    return replace(value.units, axis=axis, layout=layout)


def rearranged(node: Rearrange, value: Value, shape: Shape) -> Units | Laid | None:
    """The units behind a rearrangement that parts them, or keeps each along axes of its own.

    None where that is not certain.
    """
    given = as_laid(value, shape)
    if given is None or shape is None:
        return None
    if node.operator == "Transpose":
        order = tuple(given.order[axis] for axis in permutation(node, len(shape)))
        found = replace(given, order=order)
        rest = [axis for axis in order if not 0 <= axis - found.first < len(found.sizes)]
        return alone(found) if rest == sorted(rest) else None
    return _reshaped(given, shape, reshaped(node, shape))


def _reshaped(given: Laid, shape: tuple[Dimension, ...], target: Shape) -> Units | Laid | None:
    """Axes of units parted or put together, all others as they are, but for lengths of 1."""
    made = None if target is None else _made(given, shape, target)
    if target is None or made is None:
        return None
    parted = [[size for of, size in zip(made, target, strict=True) if of == first and size]
              for first in range(len(given.sizes))]  # fmt: skip
    sizes = tuple(size for of in parted for size in of if isinstance(size, int))
    front = len(target) - len(sizes) + given.units.axis + 1
    if not sizes or front < 0 or (given.units.axis < -1 and len(target) - len(sizes)
                                  != len(shape) - len(given.sizes)):  # fmt: skip
        return None
    starts = np.cumsum([front, *map(len, parted)]).tolist()
    others = iter([*range(front), *range(front + len(sizes), len(target))])
    order = []
    for of in made:
        order.append(next(others) if of is None else starts[of])
        if of is not None:
            starts[of] += 1
    units = given.units
    if len(target) - len(sizes) != len(shape) - len(given.sizes):
        beside = tuple(size for of, size in zip(made, target, strict=True) if of is None)
        merged = (*beside[:front], units.width, *beside[front:])
        units = replace(units, layout=around(merged, units.axis, (units.layout, "ones")))
    return alone(Laid(units, sizes, tuple(order)))


def _made(
    given: Laid, shape: tuple[Dimension, ...], target: tuple[Dimension, ...]
) -> list[int | None] | None:
    """For each axis of the target the first of the units' axes that it is made of; None: of none.

    No list where the target is not made of the same axes, but for lengths of 1.
    """
    made: list[int | None] = []
    for run in _runs(given, len(shape)):
        if run[0] in given.axes:
            first = given.axes.index(run[0])
            wanted = prod(given.sizes[first + i] for i in range(len(run)))
            taken = _taken(target[len(made) :], wanted)
            if not taken and wanted > 1:
                return None
            made += [first] * taken
            continue
        size = shape[run[0]]
        if size != 1:
            made += [None] * next((i for i, at in enumerate(target[len(made) :]) if at != 1), 0)
        if len(made) < len(target) and size is not None and target[len(made)] == size:
            made.append(None)
        elif size != 1:
            return None
    if set(target[len(made) :]) == {1}:
        made += [made[-1]] * (len(target) - len(made))
    return made if len(made) == len(target) else None


def _runs(given: Laid, rank: int) -> list[list[int]]:
    """The tensor's axes, those together that follow each other here and at home."""
    found = [[0]]
    for axis, other in pairwise(range(rank)):
        beside = given.order[other] == given.order[axis] + 1
        if beside and axis in given.axes and other in given.axes:
            found[-1].append(other)
        else:
            found.append([other])
    return found


def _taken(target: Sequence[Dimension], wanted: int) -> int:
    """How many of the first lengths have the product that is wanted; 0 if it is none of theirs."""
    found, count = 1, 0
    for size in target:
        if (count and found == wanted) or not isinstance(size, int) or size < 1:
            break
        if wanted % (found * size):
            return 0
        found, count = found * size, count + 1
    return count if found == wanted else 0


def chosen(node: Pick, value: Laid) -> Units | Laid | None:
    """Some of the units; None where other axes are picked from."""
    axes, rank = value.axes, len(value.order)
    ids, sizes = np.arange(value.units.width).reshape(value.sizes), list(value.sizes)
    for axis, places in node.places:
        if rank + axis not in axes:
            return None
        factor = axes.index(rank + axis)
        ids, sizes[factor] = np.take(ids, places, axis=factor), len(places)
    return replace(value, units=picked(value.units, ids.reshape(-1)), sizes=tuple(sizes))


def followed(segment: Segment, value: Laid) -> Laid | None:
    """Units that affine nodes mix along one of their axes, alike along the others.

    None where they act along another, or meet neighbours.
    """
    axes, rank = value.axes, len(value.order)
    if rank + segment.axis not in axes or window_of(segment.nodes) is not None:
        return None
    factor = axes.index(rank + segment.axis)
    ids = np.moveaxis(np.arange(value.units.width).reshape(value.sizes), factor, -1)
    W, b = aggregate(segment, None, value.sizes[factor])
    M, k = value.units.dense
    rows = ids.reshape(-1, value.sizes[factor])
    parts = [(matmul(W, M[row]), add(matmul(W, k[row]), b)) for row in rows]
    made = np.arange(rows.shape[0] * W.shape[0]).reshape(*ids.shape[:-1], W.shape[0])
    home = np.moveaxis(made, -1, factor)
    R, k = (np.concatenate(alike(*of)) for of in zip(*parts, strict=True))
    units = replace(value.units, relabelling=None, M=R[home.reshape(-1)], k=k[home.reshape(-1)])
    return Laid(units, home.shape, value.order)
