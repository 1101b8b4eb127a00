"""Runs that scale unit by unit, by roots: the units they make are those that they read.

No other operator computes such a factor, so the quotient's run has a unit for each column of
what it reads, in the same order; what the rest of the lumping makes otherwise is withheld.

left: units that have a block in the counterpart
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from lumpver.model.linear import mixes
from lumpver.model.normalization import scaling
from lumpver.model.relabelling import identity
from lumpver.search.families import origins
from lumpver.search.withheld import Withheld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Mask, Relabelling

Unit = tuple[str, int]


def unmatched(network: Network, found: Mapping[str, Relabelling]) -> Withheld:
    """What to withhold so that these runs read the units that they make; maybe nothing.

    Whatever is found was not withheld before, so that doing without it makes progress.
    """
    result = Withheld()
    for segment in network.segments:
        if scaling(segment) is None or any(map(mixes, segment.nodes)):
            continue
        units = network.width[segment.output]
        before, after = (
            found.get(name) or identity(units) for name in (segment.input, segment.output)
        )
        if before.is_identity and after.is_identity:
            continue
        above = origins(network, segment.input)
        result = result.union(_picked_twice(network, before, after, above))
        for more in _wrong(before, after, above, segment.output):
            result = result.union(more)
            if more:
                break
    return result


def _picked_twice(
    network: Network, before: Relabelling, after: Relabelling, origins_of: Sequence[Unit]
) -> Withheld:
    """All of what a unit is picked from twice that stays two: only where that stays, do they."""
    both = _left(before) & _left(after)
    wrong = np.flatnonzero(both & ~_alike(before.block, after.block, both)).tolist()
    times = Counter((origins_of[v], int(before.block[v])) for v in np.flatnonzero(both).tolist())
    twice = (v for v in wrong if times[origins_of[v], int(before.block[v])] > 1)
    names = {origins_of[v][0] for v in twice}
    stay = frozenset((name, unit) for name in names for unit in range(network.width[name]))
    return Withheld(stay, stay, stay)


def _wrong(
    before: Relabelling, after: Relabelling, origins_of: Sequence[Unit], output: str
) -> Iterator[Withheld]:
    """One reason after the other why the units do not match, as what to withhold.

    `origins_of` says which unit each entry is that is read.
    """

    def above(units: Rows) -> frozenset[Unit]:
        return frozenset(origins_of[v] for v in units)

    def below(units: Rows) -> frozenset[Unit]:
        return frozenset((output, int(v)) for v in units)

    x, y = before.block, after.block
    read, made = (_left(found) for found in (before, after))
    yield Withheld(merges=above(before.mixed.unit), constants=below(after.mixed.unit))
    yield Withheld(merges=above(np.flatnonzero(read & made & ~_alike(x, y, read & made))))
    yield Withheld(merges=below(np.flatnonzero(read & made & ~_alike(y, x, read & made))))
    lost = np.flatnonzero(made & ~read)
    yield Withheld(constants=above(lost), unused=above(lost))
    unmade = np.setdiff1d(x[read], x[read & made])
    lone = np.flatnonzero(read & np.isin(x, unmade))
    yield Withheld(constants=below(lone), unused=below(lone))
    both = np.flatnonzero(read & made)
    if not np.array_equal(x[both], y[both]):  # the columns come in another order
        yield Withheld(constants=below(np.flatnonzero(read & ~made)))


def _left(found: Relabelling) -> Mask:
    return np.asarray((found.block >= 0) & (found.block < found.width))


def _alike(blocks: Rows, others: Rows, among: Mask) -> Mask:
    """For each unit whether it has the other block that its block's first unit has."""
    units = np.flatnonzero(among)
    result = np.ones(blocks.size, dtype=bool)
    if units.size:
        _, first, place = np.unique(blocks[units], return_index=True, return_inverse=True)
        result[units] = others[units] == others[units[first]][place]
    return result
