"""Joins in joint lumping: forms are added, or put side by side, where all are over one spine.

Units of several spines meet in another one, in which an atom is what it is at the same position.
Elsewhere what the same join makes of the same tensors is the same: numbers tell all entries in
row-major order, and lengths how these are put together.

chunk: how many neighbouring entries an operand of a Concat has at each place of the axes in front
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import nonzero
from lumpver.model.activations import SQUARE
from lumpver.model.join import same_shape
from lumpver.model.network import Pointwise
from lumpver.proving.joint import factors, matrices, pointwise
from lumpver.proving.layouts import Elsewhere, around, layout_of
from lumpver.proving.table import Moved
from lumpver.proving.values import Units, Whole, added, beside, divided, few, meet, renamed

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from lumpver.model.network import Join
    from lumpver.model.tensor import Dimension, Shape
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.table import Table
    from lumpver.proving.values import Value

BESIDE: Final = "beside"
_MOST: Final = 2**22  # entries of rows that are laid out


def valued(sweep: Sweep, node: Join) -> Value:
    """The value of the output: forms of its units, or a number that only the same join has."""
    if node.operator == "Mul" and len(set(node.inputs)) == 1:
        return pointwise.valued(sweep, Pointwise(node.name, node.inputs[0], node.output, SQUARE))
    shapes = [sweep.network.tensors[name].shape for name in node.inputs]
    if node.operator == "MatMul":
        return matrices.product(sweep, node)
    units = _units(sweep, node, shapes)
    units = units if _entries(units) <= _MOST else []
    if units and node.axis is not None:
        return _home(sweep.table, beside(units))
    if units and node.operator in ("Add", "Sub", "Mean"):
        found = units[0]
        for other in units[1:]:
            found = added(found, other, minus=node.operator == "Sub")
        found = divided(found, len(units)) if node.operator == "Mean" else found
        return _home(sweep.table, found)
    made = factors.joined(sweep, node, shapes)
    if made is not None:
        return _home(sweep.table, made)
    parts = [sweep.whole(name) for name in node.inputs]
    lengths = _lengths(node, shapes)
    key = lengths if lengths is not None else ("layouts", *(part.layout for part in parts))
    numbers = tuple(part.number for part in parts)
    number = sweep.table.number(("join", node.operator, numbers, key))
    layouts = ("joined", node.axis, tuple(part.layout for part in parts), key)
    return Whole(number, layout_of(sweep.network.tensors[node.output].shape, layouts))


def _entries(units: Sequence[Units]) -> int:
    """How many entries the rows of all units have at most, with all their zeros."""
    width = sum(one.width for one in units)
    return width * max(width, sum(one.atoms.size for one in units))


def _units(sweep: Sweep, node: Join, shapes: Sequence[Shape]) -> list[Units]:
    """The operands as units that meet, none where they do not."""
    values = [sweep.values[name] for name in node.inputs]
    lead = next((value for value in values if isinstance(value, Units)), None)
    if lead is None or not (same_shape(*shapes) if node.axis is None else node.axis == lead.axis):
        return []
    found: list[Units] = []
    for name, value, shape in zip(node.inputs, values, shapes, strict=True):
        width = None if shape is None or len(shape) < -lead.axis else shape[lead.axis]
        if isinstance(value, Units):
            found.append(value)
        elif isinstance(width, int):
            found.append(sweep.along(name, lead.axis, width))
    wide = node.axis is not None or all(one.width == lead.width for one in found)
    if not wide or len(found) < len(values):
        return []
    return together(sweep.table, found, sweep.network.tensors[node.output].shape)


def together(table: Table, parts: Sequence[Units], shape: Shape) -> list[Units]:
    """All over atoms of one spine, where each position of one is that of the others.

    None where that is not certain. The shape is that of what they are joined to.
    """
    lead = parts[0]
    if all(meet(lead, one) for one in parts):
        return list(parts)
    rest = around(shape, lead.axis, None)
    if rest is None or any(one.axis != lead.axis for one in parts):
        return []
    if any(one.spine != lead.spine for one in parts):
        spine = table.spine(Elsewhere(None, rest, BESIDE, kept=(0,)), 0)
        parts = [_named(table, one, spine) for one in parts]
    return [replace(one, layout=rest) for one in parts]


def _named(table: Table, units: Units, spine: int) -> Units:
    if units.spine == spine:
        return units
    return renamed(units, spine, [table.atom(Moved(spine, int(atom))) for atom in units.atoms])


def _home(table: Table, units: Units) -> Units:
    """The units in the spine that all their atoms are from, where there is one, in few words."""
    M, k = units.dense
    used = np.flatnonzero(nonzero(M).any(axis=0))
    units = replace(units, atoms=units.atoms[used], relabelling=None, M=M[:, used], k=k)
    key, atoms = table.spines[units.spine], [table.atoms[int(atom)] for atom in units.atoms]
    moved = [atom for atom in atoms if isinstance(atom, Moved)]
    homes = {table.atoms[atom.atom].spine for atom in moved}
    placed = isinstance(key, Elsewhere) and key.step == BESIDE
    if placed and len(homes) == 1 and len(moved) == len(atoms):
        units = renamed(units, homes.pop(), [atom.atom for atom in moved])
    return few(units)


def _lengths(node: Join, shapes: Sequence[Shape]) -> Hashable:
    """What tells, besides the operands' entries in row-major order, which of them meet.

    None where that is not known.
    """
    if node.axis is not None:
        return _chunks(node.axis, shapes)
    if same_shape(*shapes):
        return ()
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    common = 0
    if len(set(map(len, known))) == 1:
        for sizes in zip(*known, strict=True):
            if len(set(sizes)) > 1 or sizes[0] is None:
                break
            common += 1
    rest = tuple(shape[common:] for shape in known)
    return rest if all(isinstance(size, int) for shape in rest for size in shape) else None


def _chunks(axis: int, shapes: Sequence[Shape]) -> Hashable:
    """The chunks of a Concat's operands; "all" where each is one."""
    chunks: list[int] = []
    single = True
    for shape in shapes:
        if shape is None or len(shape) < -axis:
            return None
        place = len(shape) + axis
        single = single and all(size == 1 for size in shape[:place])
        behind: Sequence[Dimension] = shape[place:]
        sizes = [size for size in behind if isinstance(size, int)]
        chunks.append(prod(sizes) if len(sizes) == len(behind) else -1)
    if single:
        return "all"
    return None if -1 in chunks else tuple(chunks)
