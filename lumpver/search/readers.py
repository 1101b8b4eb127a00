"""What those that read a tensor, or what follows from it, allow its units to be.

reader: a node that reads a member of the tensor's family
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.errors import NotRational
from lumpver.model.network import Linear, Opaque, Pointwise, Rearrange
from lumpver.search.families import family, readers

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.network import Network, Node


def let_multiples(network: Network, name: str) -> bool:
    """Whether positive multiples of a unit stay such wherever they are read."""
    return all(map(_lets_multiples, readers(network, name)))


def _lets_multiples(node: Node) -> bool:
    match node:
        case Pointwise():
            return node.activation.homogeneous
        case Linear() | Rearrange():
            return True
        case Opaque():
            return False
        case _:
            assert_never(node)


def let_constant(network: Network, name: str, value: fmpq) -> bool:
    """Whether a unit of this value has a known rational one wherever it is read."""
    values = {name: value}
    for member in family(network, name):
        for node in network.readers.get(member, []):
            match node:
                case Pointwise():
                    try:
                        values[node.output] = node.activation(values[member])
                    except NotRational:
                        return False
                case Rearrange():
                    values[node.output] = values[member]
                case Linear():
                    pass
                case Opaque():
                    return False
                case _:
                    assert_never(node)
    return True


def let_steady(network: Network, name: str) -> tuple[bool, bool]:
    """What the readers do to units of one sign, wherever these are as they were.

    Whether all leave what is >= 0 as it is, and so do those that follow; whether they also
    make 0 of what is <= 0.
    """
    same, count, zero = [name], 0, True
    for node in (node for member in same for node in network.readers.get(member, [])):
        match node:
            case Rearrange():
                same.append(node.output)
            case Pointwise():
                if not (node.activation.homogeneous and let_multiples(network, node.output)):
                    return False, False
                count, zero = count + 1, zero and node.activation.slope == 0
            case Linear() | Opaque():
                return False, False
            case _:
                assert_never(node)
    return count > 0, count > 0 and zero


def collapsible(network: Network, name: str) -> bool:
    """Whether all units of a segment's output may go: readers can read from further up.

    Its segment must not change the axis, and only affine nodes and activations along the
    same axis may read what follows from it.
    """
    segment = network.ends.get(name)
    if segment is None or network.axes.get(segment.input) != segment.axis:
        return False
    return all(_reads_from_above(node, segment.axis) for node in readers(network, name))


def _reads_from_above(node: Node, axis: int) -> bool:
    match node:
        case Pointwise():
            return True
        case Linear():
            return node.axis == axis
        case Rearrange() | Opaque():
            return False
        case _:
            assert_never(node)
