"""Combinations that floats cannot run: sums whose parts are much larger than the whole.

Over the reals they are exact; in floats the parts' roundings would be all that is left. On
inputs >= 0 a bound on every weight and the bias is one on every value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import Exact, entry, positive, rationals
from lumpver.exact.scalar import ZERO
from lumpver.model.normalization import rational
from lumpver.model.segments import aggregate
from lumpver.search.blocks import representatives

if TYPE_CHECKING:
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.lumping import Lumping
    from lumpver.search.withheld import Units

MOST: Final = 8  # three bits may cancel


def cancelling(network: Network, lumping: Lumping) -> Units:
    """The units that are combinations, or shifted, of parts more than `MOST` times as large.

    Examples
    --------
    >>> from lumpver.search.lumping import coarsest
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers(
    ...     [([[1]], [0]), ([[1], [1]], [2, 0]), ([[1, 1]], None)]  # x + 2, and x = (x + 2) - 2
    ... )
    >>> cancelling(network, coarsest(network))
    frozenset({('h2.pre', 1)})
    """
    found = set()
    for segment in network.segments:
        after = lumping.of(segment.output)
        if after is None or not (after.mixed or after.shifted.any()):
            continue
        W, b = aggregate(rational(segment), None, network.width.get(segment.input, 0))
        rows = rationals(np.column_stack([rationals(W), rationals(b)]))
        found |= {(segment.output, v) for v in _units(after) if _cancels(rows, after, v)}
    return frozenset(found)


def _units(after: Relabelling) -> list[int]:
    shifted = after.shifted & positive(after.scale)  # what is reflected nobody computes
    return sorted({*after.mixed.unit.tolist(), *np.flatnonzero(shifted).tolist()})


def _cancels(rows: Exact, after: Relabelling, unit: int) -> bool:
    """Whether some weight or the bias is far below what its parts add up to."""
    leads = representatives(after, after.units)
    total = np.full(rows.shape[1], ZERO, dtype=object)
    total[-1] = abs(entry(after.constant, unit))
    for column, scale in after.row(unit):
        if column >= after.width:
            return False  # nobody computes what a ghost is a part of
        lead = int(leads[column])
        total = total + np.abs(rows[lead] * (scale / entry(after.scale, lead)))
    return bool((total > MOST * np.abs(rows[unit])).any())
