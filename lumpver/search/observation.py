"""The backward sweep: blocks that nothing observes become ghosts.

After merging, outgoing sums may cancel; a block whose column is zero in every reader's
observed rows changes nothing further down and need not exist (theory D2.3).

family: a segment's output and all that follows from it unit by unit
observed: for each block of a family, whether a reader's observed rows use it
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import numpy as np
import numpy.typing as npt

from lumpver.exact.array import nonzero
from lumpver.model.linear import is_idle
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Rearrange
from lumpver.model.relabelling import Mask, Mixed, identity
from lumpver.search.withheld import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.exact.array import Exact
    from lumpver.model.network import Node, Segment
    from lumpver.model.relabelling import Relabelling


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
    observed: dict[str, Mask] = {}
    readers: dict[str, list[Segment]] = {}
    for segment in network.segments:
        readers.setdefault(segment.input, []).append(segment)
    for segment in reversed(network.segments):
        name = segment.output
        members = family(network, name)
        counted = segment.input in found or _tells_units(network, segment)
        if name not in network.width or not counted or pinned & set(members):
            continue
        before = found.get(name) or identity(network.width[name])
        seen = np.zeros(before.width, dtype=bool)
        for reader in (one for member in members for one in readers.get(member, [])):
            seen |= _used_columns(reader, before.width, found, sums, observed)[: before.width]
        for unit in units_of(kept, name):
            if before.block[unit] >= 0:
                seen[before.block[unit]] = True
        if not seen.any() and not collapsible(network, name):
            seen[:1] = True
        observed[name] = seen
        if not seen.all():
            for member in members:
                result[member] = _with_ghosts(found.get(member) or before, seen)
    return result


def _tells_units(network: Network, segment: Segment) -> bool:
    """Whether a segment's own numbers, or the shape that it reads, say how many units it has."""
    if not all(map(is_idle, segment.nodes)):
        return True
    shape = network.tensors[segment.input].shape
    return shape is not None and len(shape) >= -segment.axis and shape[segment.axis] is not None


def family(network: Network, name: str) -> list[str]:
    """The tensor and what activations and rearrangements make of it, unit by unit."""
    found = [name]
    for member in found:
        followers = map(following, network.readers.get(member, []))
        found.extend(node.output for node in followers if node is not None)
    return found


def root(network: Network, name: str) -> str:
    """The tensor whose `family` this one belongs to: the segment output that it follows from."""
    while (node := following(network.producers.get(name))) is not None:
        name = node.input
    return name


def following(node: Node | None) -> Pointwise | Rearrange | None:
    """The node, if its units follow one by one from those that it reads."""
    match node:
        case Pointwise() | Rearrange():
            return node
        case Linear() | Opaque() | None:
            return None
        case _:
            assert_never(node)


def _used_columns(
    reader: Segment,
    width: int,
    found: Mapping[str, Relabelling],
    sums: Mapping[str, Exact],
    observed: Mapping[str, Mask],
) -> Mask:
    """The blocks of the reader's input that its observed output units depend on."""
    R = sums.get(reader.output)
    rows = representatives(found.get(reader.output), width if R is None else R.shape[0])
    if reader.output in observed:
        rows = rows[observed[reader.output]]
    if R is None:  # each unit reads its own and no other
        return np.isin(np.arange(width), rows)
    part = R if rows.size == R.shape[0] else R[rows]
    return np.asarray((part if part.dtype == bool else nonzero(part)).any(axis=0))


def representatives(relabelling: Relabelling | None, units: int) -> npt.NDArray[np.int64]:
    """The smallest member of every block that the counterpart has, in block order.

    Members with a constant beside their entry do not count.
    """
    if relabelling is None:
        return np.arange(units)
    first = np.full(relabelling.columns, -1, dtype=np.int64)
    used = np.flatnonzero((relabelling.block >= 0) & ~nonzero(relabelling.constant))[::-1]
    first[relabelling.block[used]] = used
    return first[: relabelling.width]


def collapsible(network: Network, name: str) -> bool:
    """Whether all units of a segment's output may go: readers can read from further up.

    Its segment must not change the axis, and only affine nodes and activations along the
    same axis may read what follows from it.
    """
    segment = network.ends.get(name)
    if segment is None or network.axes.get(segment.input) != segment.axis:
        return False
    return all(
        _keeps_axes(reader, segment.axis)
        for member in family(network, name)
        for reader in network.readers.get(member, [])
    )


def _keeps_axes(node: Node, axis: int) -> bool:
    """Whether every axis but this one is as it was behind the node."""
    match node:
        case Linear():
            return node.axis == axis
        case Pointwise():
            return True
        case Rearrange() | Opaque():
            return False
        case _:
            assert_never(node)


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
