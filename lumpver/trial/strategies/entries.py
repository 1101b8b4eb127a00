"""Which tensors one choice of units reaches, and as which entries: what is tied together.

Units are chosen once for all tensors that activations, pools, sums and products tie together;
behind a Flatten a unit is several entries, behind a Concat one among those of others.

lead: a tensor that a node makes which mixes units; the choice is about its units
members: the tensors whose units are, one by one, those of the lead
old: for each entry of the changed tensor which entry of the tensor before it is taken from
unit: which unit of the lead an entry belongs to, as the changed lead counts them; -1 for none
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.model.join import certain, lengths
from lumpver.model.linear import groups_of, mixes, moving, units_made, units_read
from lumpver.model.network import Join, Linear, Network, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.rearrange import spread_axis
from lumpver.model.spread import ALONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.nodes import Node
    from lumpver.model.relabelling import Indices


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """How the entries of a changed tensor follow from those of the tensor before."""

    old: Indices
    unit: Indices

    def spread(self, width: int, copies: int, parts: int) -> Entries:
        """The same where each of `width` entries has become so many."""
        copy, part = np.arange(copies)[:, None, None], np.arange(parts)[None, None, :]
        old = ((copy * width + self.old[None, :, None]) * parts + part).reshape(-1)
        return Entries(old, np.tile(np.repeat(self.unit, parts), copies))


def untouched(width: int) -> Entries:
    """Entries that stay as they are, and are no unit's."""
    return Entries(np.arange(width), np.full(width, -1))


def leads(network: Network) -> list[str]:
    """Tensors of which units may be chosen, one for all that are tied to it."""
    found, seen = [], set[str]()
    for node in network.nodes:
        if isinstance(node, Linear) and is_written(node) and node.output not in seen:
            members = tied(network, node.output)
            seen |= members
            if reached(network, node.output, range(network.width[node.output])) is not None:
                found.append(node.output)
    return found


def is_written(node: Linear) -> bool:
    """Whether a node mixes units, so that those it makes are its own."""
    return mixes(node) and not is_depthwise(node)


def is_depthwise(node: Linear) -> bool:
    """Whether a node is a kernel whose units read one unit each."""
    kernel = moving([node])
    return kernel is not None and 1 < kernel.groups == units_read(node)


def is_parted(node: Linear) -> bool:
    """Whether a node is a kernel in groups of which each reads several units."""
    return groups_of([node]) > 1 and not is_depthwise(node)


def tied(network: Network, name: str) -> set[str]:
    """The tensors whose units are, one by one, those of this one."""
    found, rest = {name}, [name]
    while rest:
        tensor = rest.pop()
        made = network.producers.get(tensor)
        nodes = [*([] if made is None else [made]), *network.readers.get(tensor, [])]
        near = {other for node in nodes if _ties(network, node) for other in _ends(node)}
        rest += near - found
        found |= near
    return found


def _ends(node: Node) -> tuple[str, ...]:
    return (*node.inputs, *node.outputs)


def _ties(network: Network, node: Node) -> bool:
    match node:
        case Pointwise() | Pool():
            return True
        case Linear():
            return not is_written(node) and units_made(node) == units_read(node)
        case Join():
            return node.axis is None
        case Rearrange():
            axis = network.axes.get(node.input)
            place = axis and spread_axis(node, network.tensors[node.input].shape, axis)
            return bool(place) and place[1] == ALONE  # type: ignore[index]
        case Pick() | Opaque():
            return False
        case _:
            assert_never(node)


def reached(network: Network, lead: str, old: Sequence[int]) -> dict[str, Entries] | None:
    """The entries of all tensors that are changed where the lead has the units `old` instead.

    None where something of it has to stay: an output, units that are read in groups of
    several, what is broadcast or mixed.
    """
    members = tied(network, lead)
    start = Entries(np.array(old, dtype=np.int64), np.arange(len(old)))
    found: dict[str, Entries] = {}
    outputs = {tensor.name for tensor in network.outputs}
    if any(network.width.get(name) != network.width.get(lead) for name in members):
        return None
    if members & {tensor.name for tensor in network.inputs}:
        return None
    for node in network.nodes:
        if members.intersection(node.outputs) and not _is_made(node, members):
            return None
        found |= dict.fromkeys(members.intersection(node.outputs), start)
        if not any(name in found for name in node.inputs):
            continue
        after = behind(network, node, found)
        if after is None:
            return None
        name = node.outputs[0]
        if name in members and not _same(after, start):
            return None
        if name not in members and after is not KEPT:
            found[name] = after
    return None if outputs & set(found) else found


def _is_made(node: Node, members: set[str]) -> bool:
    """Whether a node writes a member, or makes it of other members."""
    if isinstance(node, Linear) and is_written(node):
        return not is_parted(node)
    return members.issuperset(node.inputs)


KEPT = Entries(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def _same(a: Entries, b: Entries) -> bool:
    return a is KEPT or (np.array_equal(a.old, b.old) and np.array_equal(a.unit, b.unit))


def behind(network: Network, node: Node, known: dict[str, Entries]) -> Entries | None:
    """The entries of a node's output, `KEPT` where they stay, None where they cannot follow."""
    match node:
        case Pointwise():
            return known[node.input]
        case Pool():
            return known[node.input] if network.axes.get(node.input) == node.axis else None
        case Linear():
            return _linear(network, node, known[node.input])
        case Rearrange():
            axis, shape = network.axes.get(node.input), network.tensors[node.input].shape
            place = None if axis is None else spread_axis(node, shape, axis)
            if place is None:
                return None
            width = network.width[node.input]
            return known[node.input].spread(width, place[1].copies, place[1].parts)
        case Join():
            return _joined(network, node, known)
        case Pick() | Opaque():
            return None
        case _:
            assert_never(node)


def _linear(network: Network, node: Linear, given: Entries) -> Entries | None:
    if network.axes.get(node.input) != node.axis:
        return None
    if is_depthwise(node):
        return given.spread(0, 1, (units_made(node) or 0) // groups_of([node]))
    if not mixes(node):
        return given
    return KEPT if groups_of([node]) == 1 else None


def _joined(network: Network, node: Join, known: dict[str, Entries]) -> Entries | None:
    shapes = [network.tensors[name].shape for name in node.operands]
    axes = {network.axes.get(name) for name in node.operands}
    if len(axes) > 1 or None in axes or not certain(*shapes):
        return None
    [axis] = axes
    if node.axis is None:
        first = known.get(node.operands[0])
        whole = len(set(lengths(shapes, axis or 0))) == 1
        same = all(name in known and _same(known[name], first) for name in node.operands)  # type: ignore[arg-type]
        return first if whole and same else None
    if node.axis != axis:
        return None
    parts, place = [], 0
    for name in node.operands:
        part = known.get(name) or untouched(network.width[name])
        parts.append(Entries(part.old + place, part.unit))
        place += network.width[name]
    return Entries(*(np.concatenate([getattr(p, key) for p in parts]) for key in ("old", "unit")))
