"""What there is to say of a network on the domain that it was reduced for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from lumpver.bounds.bounding import open_entries
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange

if TYPE_CHECKING:
    from lumpver.bounds.knowing import Known
    from lumpver.model.network import Network, Node
    from lumpver.reducing.reduction import Reduction

AFFINE: Final = "no unit switches on this domain: the network is affine there"


def told(found: Reduction) -> tuple[str, ...]:
    """That the network is affine on its domain, where no activation of it ever switches."""
    known = found.known
    if known is None or not found.original.units:
        return ()
    return (AFFINE,) if is_affine(found.original, known) else ()


def is_affine(network: Network, known: Known) -> bool:
    """Whether bounds show that no activation of a network ever switches on a domain."""
    return all(_is_affine(node, known) for node in network.nodes)


def _is_affine(node: Node, known: Known) -> bool:
    """Whether what a node makes is an affine function of what it reads, on the domain."""
    match node:
        case Linear() | Rearrange() | Pick():
            return True
        case Pointwise():
            inside = known.intervals.get(node.input)
            return inside is not None and not open_entries(node.activation, inside).any()
        case Pool():
            return node.operator != "max"
        case Join():
            return node.operator in ("Add", "Sub", "Mean", "Concat")
        case Opaque():
            return node.is_constant
        case _:
            assert_never(node)
