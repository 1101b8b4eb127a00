"""What activations make constant on a domain, unit by unit, by the bounds of what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.pointwise import undecided
from lumpver.model.functions import Pieces
from lumpver.model.several import Several, common, each

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.bounds.knowing import Known
    from lumpver.model.several import Activations


def flat(known: Known, name: str, axis: int, given: Activations) -> dict[int, fmpq]:
    """The units of a tensor that an activation makes one number of, and that number.

    Examples
    --------
    >>> from lumpver.bounds.knowing import known
    >>> from lumpver.claim.domain import Box, Boxes
    >>> from lumpver.model.activations import RELU
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1], [-2]], [1, -1]), ([[1, 1]], None)])
    >>> flat(known(network, Boxes((Box.of({"x": [(0, 1)]}),))), "h1.pre", -1, RELU)
    {1: 0}
    """
    bounds, alone = known.of(name, axis), common(given)
    if bounds.below.ndim == 0 or (isinstance(given, Several) and axis != given.axis):
        return {}
    able = bounds.below | bounds.above
    if alone is not None and isinstance(alone.mapping, Pieces):  # most are not, seen at once
        low, high = (
            np.where(there, ends, infinite).astype(np.float64)
            for there, ends, infinite in (
                (bounds.below, bounds.lower, -np.inf),
                (bounds.above, bounds.upper, np.inf),
            )
        )
        able &= ~undecided(alone, low, high)
    functions = each(given, able.size)
    lines = {v: functions[v].on(*bounds.of(v)) for v in np.flatnonzero(able).tolist()}
    return {v: line.constant for v, line in lines.items() if line and line.slope == 0}
