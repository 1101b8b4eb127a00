"""What those that read a tensor, or what follows from it, allow its units to be.

reader: a node that reads a member of the tensor's family
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.errors import NotRational
from lumpver.exact.array import entry, nonzero
from lumpver.model.linear import is_idle, mixes, normalizes, window_of
from lumpver.model.network import Join, Linear, Opaque, Pointwise, Pool, Rearrange
from lumpver.model.normalization import scaling
from lumpver.model.pool import meets_padding
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.search.families import family, readers
from lumpver.search.pool import constant

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.network import Network, Node


def let_multiples(network: Network, name: str) -> bool:
    """Whether positive multiples of a unit stay such wherever they are read."""
    return all(map(lets_multiples, readers(network, name)))


def lets_multiples(node: Node) -> bool:
    """Whether a node makes positive multiples of what are such."""
    match node:
        case Pointwise():
            return node.activation.homogeneous
        case Linear() | Pool() | Rearrange() | Join():
            return True
        case Opaque():
            return False
        case _:
            assert_never(node)


def let_constant(network: Network, unit: tuple[str, int], value: fmpq) -> bool:
    """Whether a unit of this value has a known rational one wherever it is read."""
    name, index = unit
    values: dict[str, fmpq] = {name: value}
    for member in family(network, name):
        for node in network.readers.get(member, []):
            place = index if whole(network, name, member) else -1
            after = through(network, node, values[member], place)
            if after is None:
                return False
            values |= dict.fromkeys(node.outputs, after)
    return True


def through(network: Network, node: Node, value: fmpq, unit: int) -> fmpq | None:
    """What a node makes of a unit of this value, or reads it as; None if that is not known."""
    match node:
        case Pointwise():
            try:
                return node.activation(value)
            except NotRational:
                return None
        case Pool():
            return constant(network, node, value)
        case Rearrange():
            return value
        case Linear():
            lost = (value != 0 and misses(node, unit)) or not folds(network, node, value, unit)
            return None if lost else value
        case Join() | Opaque():
            return None
        case _:
            assert_never(node)


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


def whole(network: Network, name: str, member: str) -> bool:
    """Whether a member of a tensor's family has a unit for each of its own."""
    return network.width.get(name) == network.width.get(member)


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
    return any(map(pads, readers(network, name)))


def pads(node: Node) -> bool:
    """Whether a node reads with padding, which stands for no constant but 0."""
    match node:
        case Linear():
            window = window_of([node])
            return window is not None and bool(window.missed.any())
        case Pool():
            return meets_padding(node)
        case Pointwise() | Rearrange() | Join() | Opaque():
            return False
        case _:
            assert_never(node)


def steady(network: Network, name: str) -> list[Pointwise]:
    """The activations that read units which never switch, wherever these are as they were.

    None where another reader needs more of them; behind an activation nothing may follow but
    what leaves alone whatever is >= 0, behind one that does so.
    """
    if any(isinstance(node, Pool) for node in readers(network, name)):
        return []  # the largest of a combination is no combination of the largest
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
            case Linear() | Pool() | Join() | Opaque():
                return []
            case _:
                assert_never(node)
    return found


def _leaves(network: Network, node: Pointwise) -> bool:
    """Whether nothing follows an activation that might change what the activation leaves alone."""
    if node.activation.homogeneous:
        return let_multiples(network, node.output)
    return not any(isinstance(r, Pointwise | Opaque) for r in readers(network, node.output))


def collapsible(network: Network, name: str) -> bool:
    """Whether all units of a segment's output may go: readers can read from further up.

    Its segment must not change the axis, and only affine nodes and activations along the
    same axis may read what follows from it.
    """
    segment = network.ends.get(name)
    if segment is None or network.axes.get(segment.input) != segment.axis:
        return False
    if window_of(segment.nodes) is not None:
        return False  # there are other positions above
    return all(_reads_from_above(node, segment.axis) for node in readers(network, name))


def _reads_from_above(node: Node, axis: int) -> bool:
    match node:
        case Pointwise():
            return True
        case Linear():
            return node.axis == axis and window_of([node]) is None and not normalizes(node)
        case Pool() | Rearrange() | Join() | Opaque():
            return False
        case _:
            assert_never(node)
