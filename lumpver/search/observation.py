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

from lumpver.model.network import Join, Linear, Network, Opaque, Pointwise, Pool, Rearrange
from lumpver.model.relabelling import Mask, Mixed, identity, spread
from lumpver.model.spread import ALONE
from lumpver.search import linear, pointwise, pool, rearrange
from lumpver.search.bundles import tied
from lumpver.search.families import family
from lumpver.search.readers import collapsible
from lumpver.search.sweeps import Backward
from lumpver.search.withheld import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.exact.array import Exact
    from lumpver.model.network import Node, Segment
    from lumpver.model.relabelling import Relabelling
    from lumpver.model.spread import Spread
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
            return rearrange.pins(network, node, fixed)
        case Join():
            return node.output in fixed or node.operator == "Concat"
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
    in `kept` count as observed, and a family that could not vanish as a whole keeps one block.
    """
    bundles = together(network, pinned)
    distinct = list(dict.fromkeys(bundles.values()))
    seen = {bundle: _kept(network, found, bundle.members, kept) for bundle in distinct}
    while True:
        sweep = Backward(network, found, sums)
        for segment in reversed(network.segments):
            if segment.output in bundles:
                sweep.observed[segment.output] = seen[bundles[segment.output]]
            else:
                _observe(sweep, segment, pinned=pinned, kept=kept)
        after = {b: seen[b] | _seen(sweep, b.reach, seen[b].size) for b in distinct}
        if all((after[b] == seen[b]).all() for b in distinct):
            empty = [b for b in distinct if not seen[b].any()]
            if not empty:
                break
            after |= {b: np.arange(seen[b].size) < 1 for b in empty}
        seen = after
    result = dict(found)
    families: dict[str, Mapping[str, Spread]] = {
        name: parted(network, name) for name in sweep.observed if name not in bundles
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
    sweep: Backward, segment: Segment, *, pinned: frozenset[str], kept: frozenset[tuple[str, int]]
) -> None:
    """Set which blocks of a run's output are observed, where that may be other than all."""
    network, name = sweep.network, segment.output
    members = parted(network, name)
    counted = segment.input in sweep.found or linear.tells_units(network, segment)
    if name not in network.width or not counted or pinned & set(members):
        return
    seen = _kept(network, sweep.found, [name], kept)
    seen |= _seen(sweep, members, seen.size)
    if not seen.any() and not collapsible(network, name):
        seen[:1] = True
    sweep.observed[name] = seen


def _with_unobserved(
    network: Network, result: dict[str, Relabelling], members: Mapping[str, Spread], seen: Mask
) -> None:
    """Make ghosts of the blocks that are not seen, in all of the tensors."""
    if seen.all():
        return
    name = next(iter(members))
    before = result.get(name) or identity(network.width[name])
    for member, over in members.items():
        whole = result.get(member) or spread(before, over)
        result[member] = _with_ghosts(whole, over.of(seen))


def parted(network: Network, name: str) -> dict[str, Spread]:
    """The family of a segment's output: as which entries the units lie in each member."""
    found = {name: ALONE}
    for member in family(network, name)[1:]:
        node = network.producers[member]
        match node:
            case Rearrange():
                found[member] = found[node.input].then(rearrange.spreads(network, node))
            case Pointwise() | Pool():
                found[member] = found[node.input]
            case Linear() | Join() | Opaque():
                pass  # follows nothing
            case _:
                assert_never(node)
    return found


def _seen(sweep: Backward, members: Mapping[str, Spread], width: int) -> Mask:
    """The blocks, so many, that readers of the tensors observe, as whichever entries."""
    seen = np.zeros(width, dtype=bool)
    for node in (node for name in members for node in sweep.network.readers.get(name, [])):
        match node:
            case Linear():
                over = members[node.input]
                segment = sweep.network.starts[node.output]
                used = linear.observed(sweep, segment, width * over.count)
                seen |= over.gathered(used)
            case Pointwise() | Pool() | Rearrange() | Join():
                pass  # what they make is among the tensors
            case Opaque():
                seen[:] = True
            case _:
                assert_never(node)
    return seen


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
