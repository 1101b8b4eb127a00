"""Units that a box decides: what an activation makes one number of, on all of the box.

Their bounds are those of `bounds.knowing`, of the network's own tensors. What is made of a box
holds on it alone, and is compared there alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.knowing import Known, known
from lumpver.claim.domain import Box, Boxes
from lumpver.errors import LumpverError
from lumpver.exact.scalar import ZERO
from lumpver.model.several import each
from lumpver.proving.values import forms, gathered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.claim.domain import Range
    from lumpver.model.network import Network, Pointwise
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.pairing import Pair
    from lumpver.proving.values import Units

    Both = tuple[Known | None, Known | None]


def bounded(network: Network, ranges: Mapping[str, Sequence[Range]]) -> Known | None:
    """What is known of a network's tensors where its inputs have these ranges, if anything is."""
    if not any(end is not None for of in ranges.values() for bounds in of for end in bounds):
        return None
    try:
        return known(network, Boxes((Box.of(ranges),)))
    except LumpverError:  # a box of other shapes: then nothing is known of its inside
        return None


def both(pair: Pair, box: Mapping[str, Sequence[Range]]) -> Both | None:
    """What is known of both networks on a box of the first one's inputs, if anything is."""
    a, b = (
        bounded(network, {names[side]: box[names[0]] for names in pair.inputs if names[0] in box})
        for side, network in enumerate((pair.a, pair.b))
    )
    return None if a is None and b is None else (a, b)


def settled(sweep: Sweep, node: Pointwise, units: Units) -> Units:
    """The units that an activation makes, those that the box makes constant as numbers."""
    if sweep.known is None:
        return units
    inside = sweep.known.of(node.input, units.axis)
    if inside.below.ndim == 0 or inside.below.size != units.width:
        return units
    constant, functions = {}, each(node.activation, units.width, units.axis)
    for v in np.flatnonzero(inside.below | inside.above).tolist():
        line = functions[v].on(*inside.of(v))
        if line is not None and line.slope == ZERO:
            constant[v] = line.constant
    if not constant:
        return units
    rows = [({}, constant[v]) if v in constant else row for v, row in enumerate(forms(units))]
    return gathered(units, rows)
