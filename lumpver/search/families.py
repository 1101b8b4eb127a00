"""Families of tensors: a segment's output and all that follows from it unit by unit.

All members have one relabelling, but for constants and what an activation makes 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.model.network import Join, Linear, Opaque, Pointwise, Pool, Rearrange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.network import Network, Node


def family(network: Network, name: str) -> list[str]:
    """The tensor and what activations and rearrangements make of it, unit by unit."""
    found = [name]
    for member in found:
        for node in network.readers.get(member, []):
            if follows(node):
                found += node.outputs
    return found


def root(network: Network, name: str) -> str:
    """The tensor whose `family` this one belongs to: the segment output that it follows from."""
    node = network.producers.get(name)
    while node is not None and follows(node):
        [name] = node.inputs
        node = network.producers.get(name)
    return name


def follows(node: Node) -> bool:
    """Whether the units of a node's output are, one by one, those of what it reads."""
    match node:
        case Pointwise() | Pool() | Rearrange():
            return True
        case Linear() | Join() | Opaque():
            return False
        case _:
            assert_never(node)


def readers(network: Network, name: str) -> Iterator[Node]:
    """Every node that reads a member of the tensor's family."""
    for member in family(network, name):
        yield from network.readers.get(member, [])
