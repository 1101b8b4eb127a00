"""Products of two tensors in joint lumping, as attention multiplies in heads.

Units that one factor has along an axis of the product are multiplied by the other one as a whole:
an affine form over what that makes of each atom, in each of its matrices. Units that are summed
over make a form in pairs of atoms, whatever the units were. Else a product is known by what it
multiplies.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import alike, nonzero
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ZERO
from lumpver.model.join import same_shape
from lumpver.proving.joint.laid import alone, as_laid
from lumpver.proving.joint.windows import cut
from lumpver.proving.layouts import around, layout_of
from lumpver.proving.table import UNIT, Weighed
from lumpver.proving.values import Laid, Whole, canonical, forms, gathered

if TYPE_CHECKING:
    from collections.abc import Hashable

    from lumpver.exact.array import Exact
    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Join
    from lumpver.model.tensor import Shape
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Combination, Units, Value

_MATRIX: Final = 2  # axes
_ATOMS: Final = 2**10  # of all matrices, up to which forms stay as they are
_PAIRS: Final = 2**20  # of atoms in all matrices, up to which they do


def product(sweep: Sweep, node: Join) -> Value:
    """The units of a product, or what its entries are known by."""
    shapes = [sweep.network.tensors[name].shape for name in node.inputs]
    after = sweep.network.tensors[node.output].shape
    pair = [as_laid(sweep.values[name], shape)
            for name, shape in zip(node.inputs, shapes, strict=True)]  # fmt: skip
    left, right = pair
    summed = [_has(left, -1), _has(right, -_MATRIX)]
    kept = [_has(left, -_MATRIX), _has(right, -1)]
    if _stacked(*shapes):
        if left and right and all(summed) and not any(kept):
            found = _summed(sweep, left, right)
            if found is not None:
                return Whole(sweep.table.number(found), layout_of(after, found))
        for side in (1, 0):
            value = pair[side]
            if value and kept[side] and not summed[side]:
                return _weighed(sweep, node, value, side, after)
    key = ("product", *(sweep.whole(name) for name in node.inputs))
    return Whole(sweep.table.number(key), layout_of(after, key))


def _stacked(a: Shape, b: Shape) -> bool:
    """Whether both are as many matrices, in a stack of the same lengths."""
    if a is None or b is None or len(a) != len(b) or len(a) < _MATRIX:
        return False
    return same_shape(a[:-_MATRIX], b[:-_MATRIX])


def _has(value: Laid | None, axis: int) -> bool:
    """Whether units lie along an axis, counted from the end."""
    return value is not None and len(value.order) + axis in value.axes


def _weighed(sweep: Sweep, node: Join, value: Laid, side: int, after: Shape) -> Value:
    """The units along an axis of the product, each a form over what the other factor makes."""
    table, units, rank = sweep.table, value.units, len(value.order)
    places = value.places()
    stack, places = places.shape[:-1], places.reshape(-1, places.shape[-1])
    if units.atoms.size * places.shape[0] > _ATOMS:
        units = cut(table, units, always=True)
    axes = sorted(value.axes)
    beside = axes[-1] - axes[0] == len(axes) - 1 and axes == list(value.axes)
    front = axes[0] if beside else rank - len(axes)
    rest = [axis for axis in range(rank) if axis not in axes]
    home = [*rest[:front], *value.axes, *rest[front:]]
    axis = front - (rank - len(axes) + 1)
    other = sweep.whole(node.inputs[1 - side])
    given = (units.spine, units.axis, units.layout)
    key: Hashable = ("weighed", side, other, given, tuple(axes), stack, rank, axis)
    merged = None
    if after is not None:
        sizes = [after[i] for i in rest]
        merged = (*sizes[:front], units.width, *sizes[front:])
    spine = table.spine(key, 0)
    head = np.empty(units.width, dtype=np.int64)
    head[places] = np.arange(places.shape[0])[:, None]
    rows: list[Combination] = []
    for (form, k), place in zip(forms(units), head.tolist(), strict=True):
        made = {table.atom(Weighed(spine, atom, place)): c for atom, c in form.items()}
        if k != 0:
            made[table.atom(Weighed(spine, UNIT, place))] = k
        rows.append((made, ZERO))
    like = replace(units, spine=spine, axis=axis, layout=around(merged, axis, key))
    return alone(Laid(gathered(like, rows), value.sizes, tuple(np.argsort(home).tolist())))


def _summed(sweep: Sweep, left: Laid, right: Laid) -> Hashable:
    """What a product is known by that is summed over units: for each matrix a form in pairs.

    None where both have not as many units in the same matrices.
    """
    rank = len(left.order)
    stacks = [sorted(one.axes)[:-1] for one in (left, right)]
    places = [one.places() for one in (left, right)]
    if stacks[0] != stacks[1] or places[0].shape != places[1].shape:
        return None
    rows = [one.reshape(-1, one.shape[-1]) for one in places]
    units, heads = [left.units, right.units], rows[0].shape[0]
    if prod(one.atoms.size + 1 for one in units) * heads > _PAIRS:
        units = [cut(sweep.table, one, always=True) for one in units]
    (L, first), (R, second) = map(_extended, units)
    state = hashlib.sha256()
    for one, other in zip(*rows, strict=True):
        A, B = L[one], R[other]
        i, j = (np.flatnonzero(nonzero(part).any(axis=0)) for part in (A, B))
        found = matmul(A[:, i].T, B[:, j])
        at, to = np.nonzero(nonzero(found))
        state.update(f"{at.size} ".encode())
        state.update(first[i[at]].tobytes() + second[j[to]].tobytes())
        state.update(canonical(found[at, to]))
    given = tuple((one.spine, one.axis, one.layout) for one in units)
    return "summed", given, tuple(stacks[0]), places[0].shape[:-1], rank, state.digest()


def _extended(units: Units) -> tuple[Exact, Rows]:
    """The rows with their constants as those of one atom more, in order of the atoms."""
    M, k = units.dense
    whole = np.concatenate(alike(k[:, None], M), axis=1)
    return whole, np.concatenate([np.array([UNIT], dtype=np.int64), units.atoms])
