"""Rearrangements, forwards and backwards: the same units along another axis, or head by head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.errors import NotLumpable
from lumpver.model.heads import folded, split_axis
from lumpver.model.rearrange import spread_axis
from lumpver.model.relabelling import spread
from lumpver.model.spread import ALONE, Spread
from lumpver.search.sweeps import proposal

if TYPE_CHECKING:
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network, Rearrange
    from lumpver.model.relabelling import Relabelling


def proposed(network: Network, node: Rearrange, before: Fact) -> Fact:
    """The fact about the output that follows from one about the input."""
    found, over, parts = before.relabelling, spreads(network, node), heads(network, node)
    if found is not None:
        found = spread(found, over) if parts == 1 else _folded(node, found, parts)
    return proposal(node.output, found, bounds=before.bounds.spread(over))


def _folded(node: Rearrange, before: Relabelling, parts: int) -> Relabelling:
    """The relabelling of one head.

    Raises
    ------
    NotLumpable
        If another head has another.
    """
    found = folded(before, parts)
    if found is None:
        raise NotLumpable(node.name, expected="one relabelling in all heads", got="several")
    return found


def spreads(network: Network, node: Rearrange) -> Spread:
    """As which entries the units of the input lie in the output."""
    found = place(network, node)
    return ALONE if found is None else found[1]


def heads(network: Network, node: Rearrange) -> int:
    """In how many heads the units of the input lie in the output; 1 if all along one axis."""
    axis = network.axes.get(node.input)
    if axis is None or place(network, node) is not None:
        return 1
    found = split_axis(node, network.tensors[node.input].shape, axis)
    return 1 if found is None else found[1]


def keeps(network: Network, node: Rearrange) -> bool:
    """Whether the units of the output are those of the input, each one entry."""
    found = place(network, node)
    return found is not None and found[1] == ALONE


def place(network: Network, node: Rearrange) -> tuple[int, Spread] | None:
    """The axis of the output that the units of the input lie along, and as which entries.

    None where they get mixed, or where no axis of the input is that of units.
    """
    axis = network.axes.get(node.input)
    return None if axis is None else spread_axis(node, network.tensors[node.input].shape, axis)


def pins(network: Network, node: Rearrange, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay: it mixes them, or those it makes must."""
    return node.output in fixed or place(network, node) is None
