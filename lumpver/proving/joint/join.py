"""Joins in joint lumping: forms are added, or put side by side, where all are over one spine.

Elsewhere what the same join makes of the same tensors is the same: numbers tell all entries in
row-major order, and lengths how these are put together.

chunk: how many neighbouring entries an operand of a Concat has at each place of the axes in front
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lumpver.model.join import same_shape
from lumpver.proving.layouts import layout_of
from lumpver.proving.values import Units, Whole, added, beside, divided, meet

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from lumpver.model.network import Join
    from lumpver.model.tensor import Dimension, Shape
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Value


def valued(sweep: Sweep, node: Join) -> Value:
    """The value of the output: forms of its units, or a number that only the same join has."""
    shapes = [sweep.network.tensors[name].shape for name in node.inputs]
    units = _units(sweep, node, shapes)
    if units and node.axis is not None:
        return beside(units)
    if units and node.operator in ("Add", "Sub", "Mean"):
        found = units[0]
        for other in units[1:]:
            found = added(found, other, minus=node.operator == "Sub")
        return divided(found, len(units)) if node.operator == "Mean" else found
    parts = [sweep.whole(name) for name in node.inputs]
    lengths = _lengths(node, shapes)
    key = (sweep.tag, node.name, node.output) if lengths is None else lengths
    numbers = tuple(part.number for part in parts)
    number = sweep.table.number(("join", node.operator, numbers, key))
    layouts = ("joined", node.axis, tuple(part.layout for part in parts), key)
    return Whole(number, layout_of(sweep.network.tensors[node.output].shape, layouts))


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
    alike = all(meet(lead, one) for one in found)
    wide = node.axis is not None or all(one.width == lead.width for one in found)
    return found if alike and wide and len(found) == len(values) else []


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
