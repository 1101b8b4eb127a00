"""Products and extremes in joint lumping: unit by unit, of two directions one atom.

Positions of one operand may be repeated along those of the other: both layouts tell how. A unit
that is a number counts as so many times 1, which is `UNIT`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lumpver.exact.array import entry
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.join import certain, lengths
from lumpver.proving.layouts import around
from lumpver.proving.table import UNIT, Joined
from lumpver.proving.values import Units, gathered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.model.network import Join
    from lumpver.model.tensor import Shape
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.table import Table
    from lumpver.proving.values import Combination

    Part = tuple[int, fmpq]

_OF_TWO: Final = ("Mul", "Div", "Max", "Min")


def joined(sweep: Sweep, node: Join, shapes: Sequence[Shape]) -> Units | None:
    """The units of a product or of an extreme of two tensors; None where they are not known."""
    found = _operands(sweep, node, shapes)
    if found is None:
        return None
    a, b = found
    key = (node.operator, a.axis, (a.spine, a.layout), (b.spine, b.layout))
    spine = sweep.table.spine(("joined", key), 0)
    parts = zip(_parts(sweep.table, a), _parts(sweep.table, b), strict=True)
    rows = [_row(sweep.table, spine, node, *pair) for pair in parts]
    known = [row for row in rows if row is not None]
    if len(known) < len(rows):
        return None
    shape = sweep.network.tensors[node.output].shape
    return gathered(replace(a, spine=spine, layout=around(shape, a.axis, key)), known)


def _operands(sweep: Sweep, node: Join, shapes: Sequence[Shape]) -> tuple[Units, Units] | None:
    """Both operands as units along one axis, along which neither is repeated."""
    if node.operator not in _OF_TWO or len(node.inputs) != 2 or not certain(*shapes):
        return None
    values = [sweep.values[name] for name in node.inputs]
    axes = {value.axis for value in values if isinstance(value, Units)}
    if len(axes) != 1 or len(set(lengths(shapes, *axes))) > 1:
        return None
    a, b = (sweep.counted(name, *axes) for name in node.inputs)
    return None if a is None or b is None or a.width != b.width else (a, b)


def _parts(table: Table, units: Units) -> list[Part]:
    """Each unit as a direction and a factor; `UNIT` for a number."""
    R, k = units.dense
    directions, factors = table.directions(units.spine, units.atoms, R, k)
    moving = zip(directions.tolist(), factors, strict=True)
    return [
        (direction, factor) if direction >= 0 else (UNIT, entry(k, v))
        for v, (direction, factor) in enumerate(moving)
    ]


def _row(table: Table, spine: int, node: Join, a: Part, b: Part) -> Combination | None:
    """What a node makes of two units, as a multiple of one atom or a number; None if neither."""
    (first, one), (second, other) = a, b
    if node.operator in ("Max", "Min"):
        if (first, second) == (UNIT, UNIT):
            return {}, max(one, other) if node.operator == "Max" else min(one, other)
        if one == 0:
            return None
        sign = 1 if one > 0 else -1
        atom = Joined(spine, node.operator, (first, sign * ONE), (second, other / abs(one)))
        return {table.atom(atom): abs(one)}, ZERO
    if node.operator == "Div" and (other == 0 or (one == 0 and second != UNIT)):
        return None
    scale = one * other if node.operator == "Mul" else one / other
    if scale == 0 or (first, second) == (UNIT, UNIT):
        return {}, scale
    atom = Joined(spine, node.operator, (first, ONE), (second, ONE))
    return {table.atom(atom): scale}, ZERO
