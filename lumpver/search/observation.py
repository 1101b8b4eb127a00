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

from lumpver.model.network import Linear, Network, Opaque, Pointwise, Rearrange
from lumpver.model.relabelling import Mask, Mixed, identity
from lumpver.search import linear, pointwise, rearrange
from lumpver.search.families import family, readers
from lumpver.search.readers import collapsible
from lumpver.search.sweeps import Backward
from lumpver.search.withheld import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.exact.array import Exact
    from lumpver.model.network import Node
    from lumpver.model.relabelling import Relabelling


def pinned(network: Network) -> frozenset[str]:
    """Tensors whose units must stay: outputs, what opaque nodes or other axes read.

    Also whatever such a tensor follows from unit by unit, and tensors without a known
    unit axis.
    """
    fixed = {tensor.name for tensor in network.outputs}
    for node in reversed(network.nodes):
        if _pins(network, node, fixed):
            fixed.update(node.inputs)
    return frozenset(fixed)


def _pins(network: Network, node: Node, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay, where those in `fixed` must."""
    match node:
        case Linear():
            return linear.pins(network, node)
        case Pointwise():
            return pointwise.pins(network, node, fixed)
        case Rearrange():
            return rearrange.pins(network, node, fixed)
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
    result = dict(found)
    sweep = Backward(network, found, sums)
    for segment in reversed(network.segments):
        name = segment.output
        members = family(network, name)
        counted = segment.input in found or linear.tells_units(network, segment)
        if name not in network.width or not counted or pinned & set(members):
            continue
        before = found.get(name) or identity(network.width[name])
        seen = _seen(sweep, name, before.width)
        for unit in units_of(kept, name):
            if before.block[unit] >= 0:
                seen[before.block[unit]] = True
        if not seen.any() and not collapsible(network, name):
            seen[:1] = True
        sweep.observed[name] = seen
        if not seen.all():
            for member in members:
                result[member] = _with_ghosts(found.get(member) or before, seen)
    return result


def _seen(sweep: Backward, name: str, width: int) -> Mask:
    """The blocks of a segment's output, so many, that readers of its family observe."""
    seen = np.zeros(width, dtype=bool)
    for node in readers(sweep.network, name):
        match node:
            case Linear():
                seen |= linear.observed(sweep, sweep.starts[node.output], width)
            case Pointwise() | Rearrange():
                pass  # what they make is of the family
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
