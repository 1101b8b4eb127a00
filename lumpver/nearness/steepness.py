"""How steep activations are between bounds: what slopes of chords never are below, or above."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.pointwise import piece_places
from lumpver.bounds.steps import Each
from lumpver.exact.outward import above, below
from lumpver.model.functions import Pieces

if TYPE_CHECKING:
    from lumpver.bounds.pointwise import Given
    from lumpver.exact.floats import Floats
    from lumpver.model.activations import Activation


def steepness(given: Given, low: Floats, up: Floats) -> tuple[Floats, Floats]:
    """Numbers that slopes of chords between low and up are never below, and never above.

    Infinite of a curve of which no such number is known. An activation that jumps has chords that
    are steeper.
    """
    if not isinstance(given, Each):
        return _steepness(given, low, up)
    least, most = np.zeros(low.shape), np.zeros(low.shape)
    for place, function in enumerate(given.kinds):
        at = np.flatnonzero(given.which == place)
        least[..., at], most[..., at] = _steepness(function, low[..., at], up[..., at])
    return least, most


def _steepness(function: Activation, low: Floats, up: Floats) -> tuple[Floats, Floats]:
    mapping = function.mapping
    if isinstance(mapping, Pieces):
        first, last = piece_places(mapping, low, up)
        least = np.full(low.shape, np.inf)
        most = np.full(low.shape, -np.inf)
        for i, line in enumerate(mapping.lines):
            holds = (first <= i) & (i <= last)
            least = np.where(holds, np.minimum(least, below(line.slope)), least)
            most = np.where(holds, np.maximum(most, above(line.slope)), most)
        return least, most
    steep = np.inf if mapping.lipschitz is None else above(mapping.lipschitz)
    return np.full(low.shape, 0.0 if mapping.increasing else -steep), np.full(low.shape, steep)
