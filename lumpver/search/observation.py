"""The backward sweep: units that must stay, and blocks that nothing observes.

After merging, outgoing sums may cancel; a block whose column is zero in every reader's
observed rows changes nothing further down and need not exist (theory D2.3).

pinned: tensors that keep their units: outputs, and what opaque nodes read
observed: for each block of a family, whether a reader's observed rows use it
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.model.network import Join, Linear, Network, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.relabelling import Mask, Mixed, identity
from lumpver.search import heads, join, linear, pick, pointwise, pool, rearrange
from lumpver.search.blocks import representatives
from lumpver.search.bundles import tied
from lumpver.search.families import alone
from lumpver.search.readers import held
from lumpver.search.sweeps import Backward
from lumpver.search.withheld import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.exact.array import Exact
    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Node, Segment
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.shared import Bundle


def pinned(network: Network) -> frozenset[str]:
    """Tensors whose units must stay: outputs, what opaque nodes or other axes read.

    Also whatever such a tensor follows from unit by unit, all that joins tie to it, and
    tensors without a known unit axis.
    """
    bundles, other = tied(network)
    fixed = {tensor.name for tensor in network.outputs} | other
    while True:
        for node in reversed(network.nodes):
            if pins(network, node, fixed):
                fixed.update(node.inputs)
            if isinstance(node, Join) and node.operator == "MatMul":
                fixed.add(node.operands[0])
        more = {name for name, bundle in bundles.items() if not fixed.isdisjoint(bundle.members)}
        if more <= fixed:
            return frozenset(fixed)
        fixed |= more


def together(network: Network, fixed: frozenset[str]) -> dict[str, Bundle]:
    """The bundle of each tensor that is in one and is not pinned."""
    bundles, _ = tied(network)
    return {name: bundle for name, bundle in bundles.items() if name not in fixed}


def pins(network: Network, node: Node, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay, where those in `fixed` must."""
    match node:
        case Linear():
            return linear.pins(network, node)
        case Pointwise():
            return pointwise.pins(network, node, fixed)
        case Pool():
            return pool.pins(network, node, fixed)
        case Rearrange():
            splits = node.output not in fixed and heads.splits(network, node)
            return not splits and rearrange.pins(network, node, fixed)
        case Pick():
            return pick.pins(network, node, fixed)
        case Join():
            return join.pins(network, node, fixed)
        case Opaque():
            return True
        case _:
            assert_never(node)


def drop_unobserved(
    network: Network,
    found: Mapping[str, Relabelling],
    sums: Mapping[str, Exact],
    *,
    pinned: frozenset[str],
    kept: frozenset[tuple[str, int]],
) -> dict[str, Relabelling]:
    """The relabellings with unobserved blocks as ghosts, numbered after the others.

    `sums` has the class sums of every segment that has any, or where they are not 0. Units
    in `kept` count as observed, and a family that could not vanish as a whole keeps one block:
    that is asked once it is known what is observed, since it makes others observed.
    """
    bundles = together(network, pinned)
    distinct = list(dict.fromkeys(bundles.values()))
    seen = {bundle: _kept(network, found, bundle.members, kept) for bundle in distinct}
    settled = not distinct
    while True:
        sweep = Backward(network, found, sums)
        for segment in reversed(network.segments):
            if segment.output in bundles:
                sweep.observed[segment.output] = seen[bundles[segment.output]]
            else:
                _observe(sweep, segment, pinned=pinned, kept=kept, settled=settled)
        after = {b: seen[b] | _seen(sweep, b.reach, seen[b].size, pinned) for b in distinct}
        if all((after[b] == seen[b]).all() for b in distinct):
            for b in distinct:
                after[b] = _with_some(sweep, b.writers[0], b.reach, seen[b])
            if settled and all((after[b] == seen[b]).all() for b in distinct):
                break
            settled = True
        seen = after
    result = dict(found)
    families: dict[str, Mapping[str, Rows]] = {
        name: alone(network, name) for name in sweep.observed if name not in bundles
    }
    families |= {b.writers[0]: b.reach for b in distinct}
    for name, members in families.items():
        _with_unobserved(network, result, members, sweep.observed[name])
    return result


def _kept(
    network: Network,
    found: Mapping[str, Relabelling],
    names: Sequence[str],
    kept: frozenset[tuple[str, int]],
) -> Mask:
    """The blocks, which all of these tensors have in common, of units that are to stay."""
    before = found.get(names[0]) or identity(network.width[names[0]])
    units = [unit for name in names for unit in units_of(kept, name)]
    blocks = before.block[np.array(units, dtype=np.int64)]
    result = np.zeros(before.width, dtype=bool)
    result[blocks[blocks >= 0]] = True
    return result


def _observe(
    sweep: Backward,
    segment: Segment,
    *,
    pinned: frozenset[str],
    kept: frozenset[tuple[str, int]],
    settled: bool,
) -> None:
    """Set which blocks of a run's output are observed, where that may be other than all."""
    network, name = sweep.network, segment.output
    counted = segment.input in sweep.found or linear.tells_units(network, segment)
    if name not in network.width or not counted or name in pinned:
        return
    members = alone(network, name)
    seen = _kept(network, sweep.found, [name], kept)
    seen |= _seen(sweep, members, seen.size, pinned)
    seen = _with_some(sweep, name, members, seen) if settled else seen
    before = sweep.found.get(name) or identity(network.width[name])
    sweep.observed[name] = heads.alike(network, name, before, seen)


def _with_some(sweep: Backward, name: str, members: Mapping[str, Rows], seen: Mask) -> Mask:
    """The blocks that are seen, and one more in each tensor that could not vanish as a whole."""
    before = sweep.found.get(name) or identity(sweep.network.width[name])
    result = seen.copy()
    for units in held(sweep.network, name, members):
        blocks = before.block[units]
        blocks = blocks[(blocks >= 0) & (blocks < before.width)]
        if blocks.size and not result[blocks].any():
            result[blocks[0]] = True
    return result


def _with_unobserved(
    network: Network, result: dict[str, Relabelling], members: Mapping[str, Rows], seen: Mask
) -> None:
    """Make ghosts of the blocks that are not seen, in all of the tensors."""
    if seen.all():
        return
    name = next(iter(members))
    before = result.get(name) or identity(network.width[name])
    for member, places in members.items():
        whole = result.get(member) or identity(places.size)
        blocks = _blocks(before, whole, places)
        mine = np.append(seen, True)[blocks]  # block -1 is of another family
        if not mine.all():
            result[member] = _with_ghosts(whole, mine)


def _blocks(before: Relabelling, whole: Relabelling, places: Rows) -> Rows:
    """For each column of a tensor that follows from another, the block of that; -1 for none."""
    entries = representatives(whole, places.size)
    units = np.where(entries < 0, -1, places[entries])
    return np.where(units < 0, -1, before.block[units])


def _seen(sweep: Backward, members: Mapping[str, Rows], width: int, pinned: frozenset[str]) -> Mask:
    """The blocks, so many, of the first of the tensors that readers of all observe."""
    network, found = sweep.network, sweep.found
    name = next(iter(members))
    before = found.get(name) or identity(network.width[name])
    seen = np.zeros(width + 1, dtype=bool)  # the last is for blocks of others
    for member, places in members.items():
        whole = found.get(member) or identity(places.size)
        blocks = _blocks(before, whole, places)
        if member in pinned:  # whoever reads it, along whichever axis
            seen[blocks] = True
            continue
        for node in network.readers.get(member, []):
            match node:
                case Linear():
                    start = network.starts[node.output]
                    seen[blocks[linear.observed(sweep, start, whole.width)]] = True
                case Opaque():
                    seen[blocks] = True
                case Pointwise() | Pool() | Rearrange() | Pick() | Join():
                    pass  # what they make is among the tensors
                case _:
                    assert_never(node)
    return seen[:-1]


def _with_ghosts(before: Relabelling, seen: Mask) -> Relabelling:
    """The blocks not seen as ghosts too, before those that are ghosts already."""
    order = np.concatenate([np.flatnonzero(seen), np.flatnonzero(~seen)])
    place = np.arange(before.columns)
    place[order] = np.arange(before.width)
    place = np.append(place, -1)
    width = int(seen.sum())
    mixed = Mixed(before.mixed.unit, place[before.mixed.block], before.mixed.scale)
    return replace(
        before,
        block=place[before.block],  # block -1 reads the last place, which is -1
        width=width,
        ghosts=before.columns - width,
        mixed=mixed.sorted(),
    )
