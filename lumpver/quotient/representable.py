"""What a file's types cannot hold in a quotient, and which step to undo for it.

Decided on the final numbers only: a member whose weights make a class sum too fine leaves
its block, a bias keeps the constants that it cannot take, a divided row splits its block.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from lumpver.exact.array import Exact, add, as_float64, entry, is_float, multiply, nonzero, zeros
from lumpver.exact.columns import weighted_sum
from lumpver.exact.floats import inexact_product, inexact_sum, representable
from lumpver.io.storage import fits, holds, is_changed, misfits, stored_numbers
from lumpver.model.linear import first_matrix, mixes, taps_of
from lumpver.model.network import Segment
from lumpver.model.normalization import rational, scaling
from lumpver.model.segments import aggregate, led
from lumpver.model.weights import Matrix
from lumpver.quotient.composition import compose
from lumpver.quotient.rows import chosen
from lumpver.search.families import origins
from lumpver.search.withheld import Withheld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.exact.floats import Floats
    from lumpver.exact.proportional import Rows
    from lumpver.io.storage import Storage
    from lumpver.model.network import Linear, Network
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.search.lumping import Lumping
    from lumpver.search.withheld import Units

Unit = tuple[str, int]
_ENTRIES: Final = 2**20
_SIDES: Final[tuple[Literal["left", "right"], ...]] = ("left", "right")


def obstacles(network: Network, lumping: Lumping, reduced: Network, storage: Storage) -> Withheld:
    """The units to withhold because `reduced` has numbers that cannot be stored; maybe none.

    Whatever is found was not withheld before, so that undoing it makes progress.
    """
    found = Withheld()
    for ours, theirs in obstructed(network, reduced, storage):
        allowed = storage.allowed(theirs.nodes)
        found = found.union(blamed(network, lumping, (ours, theirs), allowed))
    return found


def obstructed(
    network: Network, reduced: Network, storage: Storage
) -> Iterator[tuple[Segment, Segment]]:
    """The changed segments, before and after, whose numbers cannot be stored.

    Numbers of an exact network that were no floats already are nobody's obstacle.
    """
    for ours, segment in changed(network, reduced):
        held = all(_holds(node) for node in ours.nodes) or storage.is_typed(ours.output)
        if held and not storage.stores(segment.nodes):
            yield ours, segment


def changed(network: Network, reduced: Network) -> Iterator[tuple[Segment, Segment]]:
    """The segments that are not what they were, before and after."""
    ends = {segment.output: segment for segment in network.segments}
    for segment in reduced.segments:
        if segment.output in ends and is_changed(segment, network):
            yield ends[segment.output], segment


def _holds(node: Linear) -> bool:
    return all(is_float(part) for part in stored_numbers(node))


def blamed(
    network: Network, lumping: Lumping, pair: tuple[Segment, Segment], dtype: str
) -> Withheld:
    """The merges, constants and ghosts behind one segment's numbers that are not in a type.

    `pair` is the segment before and after.
    """
    ours, _ = pair
    source = ours.input
    found = _blamed(lumping, source, pair, dtype)
    entries = origins(network, source)

    def gathered(units: Units) -> Units:
        return frozenset(entries[unit] if name == source else (name, unit) for name, unit in units)

    return Withheld(*map(gathered, (found.merges, found.constants, found.unused)))


def _blamed(lumping: Lumping, source: str, pair: tuple[Segment, Segment], dtype: str) -> Withheld:
    """The same, with units of `source` counted as the segment reads them."""
    ours, result = pair
    before, after = lumping.of(ours.input), lumping.of(ours.output)
    ours = _as_left(ours, result, after, dtype)
    merges = _mixed_up(ours, source, before, result, dtype) or _divided(ours, after, result, dtype)
    if merges:
        return Withheld(frozenset(merges))
    constants: set[Unit] = set()
    if before is not None:
        overfull = _overfull(ours, before, dtype)
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


def _as_left(ours: Segment, result: Segment, after: Relabelling | None, dtype: str) -> Segment:
    """A run with those rows that are left of it, multiplied out where the result is, or may be."""
    nodes = chosen(list(ours.nodes), after)
    found = first_matrix(nodes)
    small = compose(list(result.nodes), floats_only=False)
    if found is None or sum(map(mixes, small)) >= sum(map(mixes, nodes)):
        return Segment(tuple(nodes))
    W, b = aggregate(Segment(tuple(nodes)), None, int(found[1].shape[1]))
    if len(small) < len(result.nodes) and not (fits(W, dtype) and fits(b, dtype)):
        return Segment(tuple(nodes))
    return Segment((replace(nodes[-1], input=ours.input, weights=Matrix(W), b=b),))


def _mixed_up(
    ours: Segment, source: str, before: Relabelling | None, result: Segment, dtype: str
) -> set[Unit]:
    """What enters columns of class sums that are not in the type."""
    first = _by_tap(result)
    if before is None or first is None:
        return set()
    columns = np.flatnonzero(misfits(first[1], dtype).any(axis=0))
    columns = columns[columns < before.width]
    return _combined(source, before, columns) or _too_many(ours, source, before, columns, dtype)


def _divided(ours: Segment, after: Relabelling | None, result: Segment, dtype: str) -> set[Unit]:
    """The blocks whose rows, divided by a scale, are not in the type."""
    last = first_matrix(result.nodes[::-1])
    if after is None or last is None:
        return set()
    return _merged(ours.output, after, np.flatnonzero(misfits(last[1], dtype).any(axis=1)))


def _too_many(
    ours: Segment, source: str, before: Relabelling, columns: Rows, dtype: str
) -> set[Unit]:
    """The members that make their class sums leave the type: the others may stay together."""
    first = _by_tap(ours)
    found: set[Unit] = set()
    blocks = sorted(_blocks(before, columns), key=len, reverse=True)
    kept = [np.zeros(members.size, dtype=bool) for members in blocks]
    if first is not None:
        index, W = first
        kept = _kept(W, led(ours.nodes[:index], before).scale, blocks, dtype)
    for members, together in zip(blocks, kept, strict=True):
        left = members if together.all() else members[~together]
        found |= {(source, int(v)) for v in left}
    return found


def _kept(W: Exact, scale: Exact, blocks: list[Rows], dtype: str) -> list[Mask]:
    """For each block the members that `_fitting` keeps; a few blocks at a time.

    A sum that float64 rounds on the way counts as one that does not fit.
    """
    if not is_float(W) or not is_float(scale):
        return [_fitting(W, scale, members, dtype) for members in blocks]
    some = max(1, _ENTRIES // max(1, int(W.shape[0])))
    parts = (blocks[i : i + some] for i in range(0, len(blocks), some))
    return [mask for part in parts for mask in _kept_of(W, as_float64(scale), part, dtype)]


def _kept_of(W: Exact, scale: Floats, blocks: list[Rows], dtype: str) -> list[Mask]:
    """The same for blocks that do not get larger: the first members, the second ones, ..."""
    totals = np.zeros((int(W.shape[0]), len(blocks)))
    kept = [np.zeros(members.size, dtype=bool) for members in blocks]
    for turn in range(len(blocks[0])):
        units = np.array([members[turn] for members in blocks if members.size > turn])
        product, rounded = inexact_product(as_float64(W[:, units]), scale[units][None, :])
        rounded &= scale[units] != 1
        step, wrong = inexact_sum(totals[:, : units.size], product)
        bad = wrong | rounded | ~representable(step, dtype)
        good = np.asarray(~bad.any(axis=0))
        totals[:, np.flatnonzero(good)] = step[:, good]
        for mask, one in zip(kept, good.tolist(), strict=False):
            mask[turn] = one
    return kept


def _blocks(found: Relabelling, columns: Rows) -> list[Rows]:
    """The members of those blocks that have several."""
    order = np.argsort(found.block, kind="stable")
    starts, ends = (np.searchsorted(found.block[order], columns, side) for side in _SIDES)
    return [order[i:j] for i, j in zip(starts, ends, strict=True) if j - i > 1]


def _fitting(W: Exact, scale: Exact, units: Rows, dtype: str, total: Exact | None = None) -> Mask:
    """The units whose weighted columns can be added up within a type, taken in order.

    What does not fit is tried again behind the others.
    """
    total = zeros(int(W.shape[0])) if total is None else total
    kept = np.zeros(units.size, dtype=bool)
    before = -1
    while before < kept.sum() < kept.size:
        before = int(kept.sum())
        for i in np.flatnonzero(~kept).tolist():
            step = add(total, multiply(W[:, units[i]], scale[units[i] : units[i] + 1]))
            kept[i] = fits(step, dtype)
            total = step if kept[i] else total
    return kept


def _merged(name: str, found: Relabelling, columns: Rows) -> set[Unit]:
    """The members of those blocks that have several."""
    blocks = _blocks(found, columns[columns < found.width])
    return {(name, int(v)) for block in blocks for v in block}


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


def _overfull(segment: Segment, before: Relabelling, dtype: str) -> set[int]:
    """Constants that cannot be added to a bias of the segment without leaving the type.

    Taken in order of the units, each that would make a sum unrepresentable is left out.
    """
    first = first_matrix(segment.nodes)
    if first is None:
        values = led(segment.nodes, before).constant
        moved = (int(u) for u in np.flatnonzero(before.fixed | nonzero(before.constant)))
        return {u for u in moved if not holds(entry(values, u), dtype)}
    folded = np.flatnonzero(nonzero(before.constant))
    bias = next((node.b for node in rational(segment).nodes if node.b is not None), None)
    scaled = scaling(segment)
    if scaled is not None and bias is None:
        bias = -scaled.mean
    _, W = first
    W = _over_taps(segment, W)
    start = bias if bias is not None and bias.size == W.shape[0] else None
    kept = _fitting(W, before.constant, folded, dtype, start)
    return {int(u) for u in folded[~kept]}


def _by_tap(segment: Segment) -> tuple[int, Exact] | None:
    """Which node mixes units first, and its numbers: a row per unit and tap, a column per unit."""
    found = first_matrix(segment.nodes)
    taps = taps_of(segment.nodes)
    if found is None or taps == 1:
        return found
    place, W = found
    apart = W.reshape(W.shape[0], W.shape[1] // taps, taps)
    return place, np.moveaxis(apart, 2, 1).reshape(-1, W.shape[1] // taps)


def _over_taps(segment: Segment, W: Exact) -> Exact:
    """The numbers summed over the taps: what a constant counts for."""
    taps = taps_of(segment.nodes)
    if taps == 1:
        return W
    rows = W.reshape(-1, taps)
    return weighted_sum(rows, np.ones(taps)).reshape(W.shape[0], W.shape[1] // taps)
