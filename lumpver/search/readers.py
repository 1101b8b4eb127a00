"""What those that read a tensor, or what follows from it, allow its units to be.

reader: a node that reads a member of the tensor's family
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.errors import NotRational
from lumpver.exact.array import entry, nonzero
from lumpver.exact.scalar import ZERO
from lumpver.model.linear import is_idle, mixes, normalizes, window_of
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.normalization import scaling
from lumpver.model.pool import meets_padding
from lumpver.model.several import Several, kinds
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.search.families import alone, beside, keeps, readers
from lumpver.search.framing import filler
from lumpver.search.pool import constant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flint import fmpq

    from lumpver.exact.proportional import Rows
    from lumpver.model.activations import Activation
    from lumpver.model.network import Network, Node


def let_multiples(network: Network, name: str) -> bool:
    """Whether positive multiples of a unit stay such wherever they are read."""
    return all(map(lets_multiples, readers(network, name)))


def lets_multiples(node: Node) -> bool:
    """Whether a node makes positive multiples of what are such."""
    match node:
        case Pointwise():
            return all(function.homogeneous for function in kinds(node.activation))
        case Linear() | Pool() | Rearrange() | Pick() | Join():
            return True
        case Opaque():
            return False
        case _:
            assert_never(node)


def let_constant(
    network: Network,
    unit: tuple[str, int],
    value: fmpq,
    members: Mapping[str, Rows] | None = None,
) -> bool:
    """Whether a unit of this value has a known rational one wherever it is read.

    `members` are the places of the tensor's family, in the order in which they are made.
    """
    name, index = unit
    members = alone(network, name) if members is None else members
    values: dict[str, dict[fmpq, None]] = {name: {value: None}}
    for member, places in members.items():
        place = entry_of(places, index)
        if place is None:
            continue
        for node in network.readers.get(member, []):
            for known in values[member]:
                after = through(network, node, known, place)
                if after is None:
                    return False
                values.setdefault(node.outputs[0], {})[after] = None
    return True


def entry_of(places: Rows, unit: int) -> int | None:
    """The entry of a tensor that a unit is; -1 if it is several, None if it is not there."""
    entries = np.flatnonzero(places == unit)
    return None if not entries.size else int(entries[0]) if entries.size == 1 else -1


def through(network: Network, node: Node, value: fmpq, unit: int) -> fmpq | None:
    """What a node makes of a unit of this value, or reads it as; None if that is not known."""
    match node:
        case Pointwise():
            return _activated(network, node, value, unit)
        case Pool():
            return constant(network, node, value)
        case Rearrange() | Pick():
            return value
        case Join() if beside(network, node):
            return value
        case Linear():
            lost = filler(network, node) not in {None, value} or (value != 0 and misses(node, unit))
            lost = lost or not folds(network, node, value, unit)
            return None if lost or not _is_let_behind(network, node, value, unit) else value
        case Join():
            return ZERO if node.mixed is not None and value == 0 else None
        case Opaque():
            return None
        case _:
            assert_never(node)


def _activated(network: Network, node: Pointwise, value: fmpq, unit: int) -> fmpq | None:
    """What an activation makes of a unit, of any if it is -1; None if that is not known."""
    try:
        found = {function(value) for function in of_unit(network, node, (node.input, unit))}
    except NotRational:
        return None
    return found.pop() if len(found) == 1 else None


def of_unit(network: Network, node: Pointwise, unit: tuple[str, int]) -> tuple[Activation, ...]:
    """The activation of a unit of a tensor.

    Those of all units, where it is none of what the node reads along its axis, or is -1.
    """
    given, (name, v) = node.activation, unit
    own = node.input == name and network.axes.get(name) == node.axis and v >= 0
    return (given.functions[v],) if own and isinstance(given, Several) else kinds(given)


def idle(network: Network, node: Node) -> str | None:
    """What a run of affine nodes without numbers makes, if it begins with this node."""
    segment = network.starts.get(node.outputs[0])
    found = segment is not None and all(map(is_idle, segment.nodes))
    return segment.output if segment is not None and found else None


def _is_let_behind(network: Network, node: Linear, value: fmpq, unit: int) -> bool:
    """Whether a constant is let where a run has no numbers that would take it in.

    Of what joins tie together, they ask for themselves.
    """
    name = idle(network, node)
    if name is None or any(_ties(network, reader) for reader in readers(network, name)):
        return True
    return unit >= 0 and let_constant(network, (name, unit), value)


def _ties(network: Network, node: Node) -> bool:
    return isinstance(node, Join) and not beside(network, node)


def misses(node: Linear, unit: int) -> bool:
    """Whether a kernel reads a unit, -1 for any, with a tap that padding may stand for."""
    match node.weights:
        case Kernel(W, window, groups):
            taps = W.reshape(groups, W.shape[0] // groups, -1, window.taps)
            group, place = divmod(unit, taps.shape[2])
            read = taps if unit < 0 else taps[group, :, place]  # first: W may be large
            return bool(nonzero(read[..., window.missed]).any())
        case Matrix() | Diagonal() | Identity() | Normalization():
            return False
        case _:
            assert_never(node.weights)


def folds(network: Network, node: Linear, value: fmpq, unit: int) -> bool:
    """Whether a constant unit that a run begins to read is a rational one behind it.

    That is in question where the run scales each unit by itself, by a root. A unit -1 is not
    known to be any.
    """
    segment = network.starts[node.output]
    scaled = scaling(segment)
    if scaled is None or any(map(mixes, segment.nodes)):
        return True
    if unit < 0 or not all(map(is_idle, segment.nodes[:-1])):
        return False
    return scaled.constant(unit, value - entry(scaled.mean, unit)) is not None


def padded(network: Network, name: str) -> bool:
    """Whether a kernel or a mean reads the units with padding, which is no constant but 0."""
    behind = (idle(network, node) for node in readers(network, name) if isinstance(node, Linear))
    return any(map(pads, readers(network, name))) or any(
        padded(network, name) for name in behind if name is not None
    )


def pads(node: Node) -> bool:
    """Whether a node reads with padding, which stands for no constant but 0."""
    match node:
        case Linear():
            window = window_of([node])
            return window is not None and bool(window.missed.any())
        case Pool():
            return meets_padding(node)
        case Pointwise() | Rearrange() | Pick() | Join() | Opaque():
            return False
        case _:
            assert_never(node)


def steady(network: Network, name: str) -> list[Pointwise]:
    """The activations that read units which never switch, wherever these are as they were.

    None where another reader needs more of them; behind an activation nothing may follow but
    what leaves alone whatever is >= 0, behind one that does so.
    """
    if any(_picks(network, node) for node in readers(network, name)):
        return []  # the largest of a combination is none of the largest, nor some units
    same: list[str] = [name]
    found: list[Pointwise] = []
    for node in (node for member in same for node in network.readers.get(member, [])):
        match node:
            case Rearrange():
                same.append(node.output)
            case Pointwise():
                if not _leaves(network, node):
                    return []
                found.append(node)
            case Linear() | Pool() | Pick() | Join() | Opaque():
                return []
            case _:
                assert_never(node)
    return found


def _leaves(network: Network, node: Pointwise) -> bool:
    """Whether nothing follows an activation that might change what the activation leaves alone."""
    if lets_multiples(node):
        return let_multiples(network, node.output)
    return not any(map(_is_curved, readers(network, node.output)))


def _is_curved(node: Node) -> bool:
    """Whether what a node makes of a unit may be no multiple and no sum."""
    match node:
        case Pointwise() | Opaque():
            return True
        case Linear() | Pool() | Pick() | Rearrange() | Join():
            return False
        case _:
            assert_never(node)


def _picks(network: Network, node: Node) -> bool:
    """Whether a node takes the largest, or leaves out units."""
    match node:
        case Pool():
            return True
        case Pick():
            return not keeps(network, node)
        case Linear() | Pointwise() | Rearrange() | Join() | Opaque():
            return False
        case _:
            assert_never(node)


def collapsible(network: Network, name: str) -> bool:
    """Whether all units of a segment's output may go: readers can read from further up.

    Its segment must not change the axis, and only affine nodes, picks of units and activations
    along the same axis may read what follows from it.
    """
    segment = network.ends.get(name)
    if segment is None or network.axes.get(segment.input) != segment.axis:
        return False
    if window_of(segment.nodes) is not None:
        return False  # there are other positions above
    return all(_reads_from_above(node, segment.axis) for node in readers(network, name))


def held(network: Network, name: str, members: Mapping[str, Rows]) -> Iterator[Rows]:
    """Units of which one at least must stay, for tensors of a family that may not vanish.

    `members` are the places of the family; the first is where all units are.
    """
    axis = network.axes.get(name)
    for member, places in members.items():
        node = network.producers.get(member)
        if member == name:
            gone = collapsible(network, name)
        elif isinstance(node, Pick) and not keeps(network, node):
            apart = axis is None or node.besides(network.axes[node.input])
            own = network.axes.get(member)
            below = readers(network, member)
            gone = not apart and own is not None and all(_reads_from_above(n, own) for n in below)
        else:
            continue
        if not gone:
            yield places[places >= 0]


def _reads_from_above(node: Node, axis: int) -> bool:
    match node:
        case Pointwise():
            return True
        case Linear():
            return node.axis == axis and window_of([node]) is None and not normalizes(node)
        case Pool() | Rearrange() | Pick() | Join() | Opaque():
            return isinstance(node, Pick) and not node.besides(axis)
        case _:
            assert_never(node)
