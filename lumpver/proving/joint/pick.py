"""Picks in joint lumping: some units' forms; elsewhere a number that only the same pick has.

A number tells all entries in row-major order; which of them are picked is told by the lengths of
the first axis that is picked from and of all behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.proving.layouts import layout_of
from lumpver.proving.values import Units, Whole, picked

if TYPE_CHECKING:
    from lumpver.model.network import Pick
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Value


def valued(sweep: Sweep, node: Pick) -> Value:
    """The value of the node's output: the forms of some units, or a number."""
    value = sweep.values[node.input]
    if isinstance(value, Units) and not node.besides(value.axis):
        return picked(value, np.array(node.along(value.axis), dtype=np.int64))
    whole, shape = sweep.whole(node.input), sweep.network.tensors[node.input].shape
    behind = None if shape is None else shape[node.places[0][0] :]
    known = behind is not None and all(isinstance(size, int) for size in behind)
    lengths = behind if known else (sweep.tag, node.name, node.output)
    number = sweep.table.number(("pick", whole.number, node.places, lengths))
    layout = ("picked", whole.layout, node.places, lengths)
    return Whole(number, layout_of(sweep.network.tensors[node.output].shape, layout))
