"""Joins in joint lumping: forms are added, where both operands have them over one spine.

Elsewhere the sum of the same tensors is the same: both operands have one shape, so that entries
in row-major order are added one by one, and the numbers of both tell all of the result's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.proving.layouts import layout_of
from lumpver.proving.values import Units, Whole, added, meet

if TYPE_CHECKING:
    from lumpver.model.network import Join
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Value


def valued(sweep: Sweep, node: Join) -> Value:
    """The value of the output: added forms, or a number that only the same join has."""
    first, second = (sweep.values[name] for name in node.inputs)
    match first, second:
        case Units(), Whole():
            second = sweep.along(node.second, first.axis, first.width)
        case Whole(), Units():
            first = sweep.along(node.first, second.axis, second.width)
        case _:
            pass
    if isinstance(first, Units) and isinstance(second, Units) and meet(first, second):
        return added(first, second, minus=node.operator == "Sub")
    a, b = (sweep.whole(name) for name in node.inputs)
    number = sweep.table.number(("join", node.operator, a.number, b.number))
    return Whole(number, layout_of(sweep.network.tensors[node.output].shape, a.layout))
