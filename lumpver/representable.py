"""What float64 cannot hold in a quotient, and which step to undo for it.

Decided on the final numbers only: a column of class sums splits its block, a bias keeps
the constants folded into it, a divided row splits the block it stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import Exact, entry, is_float, nonzero, rationals
from lumpver.exact.scalar import ZERO, to_float
from lumpver.network import Activate, Affine, Network, Rearrange
from lumpver.segments import led
from lumpver.withheld import Withheld

if TYPE_CHECKING:
    from lumpver.exact.proportional import Rows
    from lumpver.lumping import Lumping
    from lumpver.network import Segment
    from lumpver.relabelling import Mask, Relabelling

Unit = tuple[str, int]


def obstacles(network: Network, lumping: Lumping, reduced: Network) -> Withheld:
    """The units to withhold because `reduced` has numbers that are no float64; maybe none.

    Numbers that were no floats in `network` already are nobody's obstacle. Whatever is
    found was not withheld before, so that undoing it makes progress.
    """
    ends = {segment.output: segment for segment in network.segments}
    found = Withheld()
    for segment in reduced.segments:
        ours = ends.get(segment.output)
        if ours is None or all(_holds(n) for n in segment.nodes) or not _given(ours):
            continue
        found = found.union(_blamed(network, lumping, ours, segment))
    return found


def root(network: Network, name: str) -> str:
    """The segment output that a tensor follows from, unit by unit."""
    node = network.producers.get(name)
    while isinstance(node, Activate | Rearrange):
        name = node.input
        node = network.producers.get(name)
    return name


def _holds(node: Affine) -> bool:
    return all(part is None or is_float(part) for part in (node.W, node.b))


def _given(segment: Segment) -> bool:
    return all(_holds(node) for node in segment.nodes)


def _blamed(network: Network, lumping: Lumping, ours: Segment, result: Segment) -> Withheld:
    """The merges, constants and ghosts behind one segment's numbers that are no float64."""
    before, after = lumping.of(ours.input), lumping.of(ours.output)
    source = root(network, ours.input)
    merges: set[Unit] = set()
    matrices = [node.W for node in result.nodes if node.is_matrix and node.W is not None]
    for place, name, found in ((0, source, before), (-1, ours.output, after)):
        if found is None or not matrices or is_float(matrices[place]):
            continue
        bad = _bad_entries(matrices[place]).any(axis=0 if place == 0 else 1)
        columns = np.flatnonzero(bad)
        merges |= _combined(name, found, columns) or _merged(name, found, columns)
        if merges:
            return Withheld(frozenset(merges))
    constants: set[Unit] = set()
    if before is not None:
        overfull = _overfull(ours, before)
        constants = {(source, u) for u in overfull if before.fixed[u]}
        merges = {(source, u) for u in overfull if not before.fixed[u]}
    if not constants and not merges and after is not None:
        merges = _merged(ours.output, after, np.arange(after.width))
    if not constants and not merges and before is not None:
        columns = np.arange(before.width)
        merges = _merged(source, before, columns) | _combined(source, before, columns)
        constants = {(source, int(u)) for u in np.flatnonzero(before.fixed)}
    if not constants and not merges:
        return _dropped(source, before).union(_dropped(ours.output, after))
    return Withheld(frozenset(merges), frozenset(constants))


def _merged(name: str, found: Relabelling, columns: Rows) -> set[Unit]:
    """The members of those blocks that have several."""
    members = [found.members(int(j)) for j in columns if j < found.width]
    return {(name, int(v)) for block in members if block.size > 1 for v in block}


def _combined(name: str, found: Relabelling, columns: Rows) -> set[Unit]:
    """The units that those blocks enter as one of several, or beside a constant."""
    several = found.mixed.unit[np.isin(found.mixed.block, columns)]
    shifted = np.flatnonzero(found.shifted & np.isin(found.block, columns))
    return {(name, int(v)) for v in (*several, *shifted)}


def _dropped(name: str, found: Relabelling | None) -> Withheld:
    """The constants and ghosts of a tensor: without them what read it stays as it was."""
    if found is None:
        return Withheld()
    constants = {(name, int(v)) for v in np.flatnonzero(found.fixed)}
    unused = {(name, int(v)) for v in np.flatnonzero(found.block >= found.width)}
    return Withheld(constants=frozenset(constants), unused=frozenset(unused))


def _bad_entries(a: Exact) -> Mask:
    flat = [to_float(value) is None for value in rationals(a).ravel()]
    return np.array(flat, dtype=bool).reshape(a.shape)


def _overfull(segment: Segment, before: Relabelling) -> set[int]:
    """Constants that cannot be added to a bias of the segment without leaving float64.

    Taken in order of the units, each that would make a sum unrepresentable is left out.
    """
    first = next((node for node in segment.nodes if node.is_matrix), None)
    if first is None or first.W is None:
        values = led(segment.nodes, before).constant
        moved = (int(u) for u in np.flatnonzero(before.fixed | nonzero(before.constant)))
        return {u for u in moved if to_float(entry(values, u)) is None}
    folded = [int(u) for u in np.flatnonzero(nonzero(before.constant))]
    bias = next((node.b for node in segment.nodes if node.b is not None), None)
    left_out: set[int] = set()
    for row in range(first.W.shape[0]):
        total = entry(bias, row) if bias is not None and row < bias.size else ZERO
        for u in folded:
            step = total + entry(first.W, row, u) * entry(before.constant, u)
            if to_float(step) is None:
                left_out.add(u)
            else:
                total = step
    return left_out
