"""Picks in joint lumping: some units' forms, or all at some of the positions.

Elsewhere a number that only the same pick has.
A number tells all entries in row-major order; which of them are picked is told by the lengths of
the first axis that is picked from and of all behind it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.proving.joint import laid
from lumpver.proving.layouts import Elsewhere, around, layout_of
from lumpver.proving.table import Moved
from lumpver.proving.values import Laid, Units, Whole, few, picked, renamed

if TYPE_CHECKING:
    from lumpver.model.network import Pick
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Value


def valued(sweep: Sweep, node: Pick) -> Value:
    """The value of the node's output: the forms of some units, or a number."""
    value = sweep.values[node.input]
    shape, after = (sweep.network.tensors[name].shape for name in (node.input, node.output))
    if isinstance(value, Units):
        places = node.along(value.axis)
        found = value if places is None else few(picked(value, np.array(places, dtype=np.int64)))
        beside = node.besides(value.axis)
        rest = around(shape, value.axis, None)
        if not beside:
            return found
        if rest is not None:
            key = Elsewhere(value.spine, rest, ("picked", value.axis, beside), kept=(0,))
            spine = sweep.table.spine(key, 0)
            names = [sweep.table.atom(Moved(spine, int(atom))) for atom in found.atoms]
            layout = around(after, value.axis, (value.layout, beside))
            return renamed(replace(found, layout=layout), spine, names)
    if isinstance(value, Laid) and (some := laid.chosen(node, value)) is not None:
        return some
    whole = sweep.whole(node.input)
    behind = None if shape is None else shape[node.places[0][0] :]
    known = behind is not None and all(isinstance(size, int) for size in behind)
    lengths = behind if known else (sweep.tag, node.name, node.output)
    number = sweep.table.number(("pick", whole.number, node.places, lengths))
    layout = ("picked", whole.layout, node.places, lengths)
    return Whole(number, layout_of(after, layout))
