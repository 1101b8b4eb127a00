"""Units that a box decides: what an activation makes one number of, on all of the box.

Where it decides all units of a tensor, those that are left alone stay what they are.

Their bounds are those of `bounds.knowing`, of the network's own tensors. What is made of a box
holds on it alone, and is compared there alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.knowing import Known, known
from lumpver.claim.domain import Box, Boxes
from lumpver.errors import LumpverError
from lumpver.exact.scalar import ZERO
from lumpver.model.functions import UNCHANGED
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

_ENTRIES: Final = 2**20  # of forms that are passed on


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


def settled(sweep: Sweep, node: Pointwise, given: Units, made: Units) -> Units:
    """What an activation makes of given units, those that the box makes constant as numbers.

    Those that it leaves alone are as given where all others are constant, and forms are short.
    """
    if sweep.known is None:
        return made
    inside = sweep.known.of(node.input, made.axis)
    if inside.below.ndim == 0 or inside.below.size != made.width:
        return made
    functions = each(node.activation, made.width, made.axis)
    decided = np.flatnonzero(inside.below | inside.above).tolist()
    lines = {v: functions[v].on(*inside.of(v)) for v in decided}
    constant = {v: line.constant for v, line in lines.items() if line and line.slope == ZERO}
    alone = {v for v, line in lines.items() if line == UNCHANGED}
    short = given.width * given.atoms.size <= _ENTRIES
    if alone and len(alone) + len(constant) == made.width and short:
        rows = [({}, constant[v]) if v in constant else row for v, row in enumerate(forms(given))]
        return gathered(made, rows)
    if not constant:
        return made
    rows = [({}, constant[v]) if v in constant else row for v, row in enumerate(forms(made))]
    return gathered(made, rows)
